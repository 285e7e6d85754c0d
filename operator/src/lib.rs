//! The operator: it turns each `ApiService` into everything around its pods and keeps it so.
//!
//! In reading order: [`model`] what the steps hand to one another, [`object`] an object without its type.

pub mod model;
pub mod object;
