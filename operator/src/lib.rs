//! The operator: it turns each `ApiService` into everything around its pods and keeps it so.
//!
//! In reading order: [`credentials`] certificates and keys, [`model`] what the steps hand to one another, [`object`] an
//! object without its type.

pub mod apply;
pub mod check;
pub mod credentials;
pub mod deliver;
pub mod desired;
pub mod error;
pub mod model;
pub mod object;
pub mod observe;
pub mod random;
pub mod report;
pub mod settings;
