//! What `apply` did.

use crate::observe::Live;

/// What `apply` did; objects are named `Kind/name`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Applied {
    /// Written because they were new or should differ.
    pub written: Vec<String>,
    /// Left alone because they were as they should be.
    pub unchanged: Vec<String>,
    /// Brought back after someone else changed them.
    pub repaired: Vec<String>,
    /// Removed because they are no longer desired.
    pub pruned: Vec<String>,
    /// Changed back by something as soon as they were written, with the field.
    pub contested: Vec<String>,
    /// Not written, and why.
    pub failed: Vec<Failure>,
    /// Whether the pods wait for a Secret that nobody made.
    pub held: bool,
    /// The Deployment as it was written, if it was.
    pub deployment: Option<Live>,
}

/// An object that could not be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The object, as `Kind/name`.
    pub object: String,
    /// Why.
    pub message: String,
}

impl Failure {
    /// An object that could not be written.
    #[must_use]
    pub fn new(kind: &str, name: &str, why: &dyn std::error::Error) -> Self {
        Self { object: format!("{kind}/{name}"), message: why.to_string() }
    }
}
