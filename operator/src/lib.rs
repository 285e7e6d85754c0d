//! The operator: it turns each `ApiService` into everything around its pods and keeps it so.
//!
//! One reconcile stands on one screen: [`controllers`]`/api_service.rs`. Its steps, in order: [`observe`] reads,
//! [`check`] finds what is wrong or makes a [`model::Sound`] service of it, [`desired`] says which objects it is made of,
//! [`apply`] brings the cluster there, [`deliver`] makes running pods take the policy and confirm it, and [`report`] says
//! how it went. [`credentials`] knows certificates and keys, [`health`] what probes and Prometheus see, [`run`] starts
//! and ends it all.

pub mod apply;
pub mod check;
pub mod cli;
pub mod controllers;
pub mod crds;
pub mod credentials;
pub mod deliver;
pub mod desired;
pub mod error;
pub mod health;
pub mod model;
pub mod object;
pub mod observe;
pub mod random;
pub mod ready;
pub mod report;
pub mod run;
pub mod settings;
