//! The shop's findings, as the walk-through reads them.

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::repository::root;

/// Steps that need pods: `tests/promises/shop.rs` walks through them.
pub const STEPS_IN_PODS: [&str; 6] = [
    "certificate-issued",
    "deployment-shape",
    "pods-are-hardened",
    "probes-configured",
    "rolling-update-loses-nothing",
    "three-pods-serve",
];

/// One finding of the review.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Its stable name.
    pub id: String,
    /// What answers it: `Enforced`, `Open`, `Detected` or `AppOnly`.
    pub state: Option<String>,
    /// The step that shows it.
    pub test: Option<String>,
}

/// All findings.
///
/// # Errors
/// When the file cannot be read.
pub fn findings() -> Result<Vec<Finding>> {
    let text = std::fs::read_to_string(root().join("examples/shop/findings.yaml"))?;
    serde_saphyr::from_str(&text).context("examples/shop/findings.yaml")
}
