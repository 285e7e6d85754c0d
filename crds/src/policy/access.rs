//! What an identified caller must hold.

use serde::{Deserialize, Serialize};

use super::enforcement::Enforcement;

/// What an identified caller must hold; all conditions must be met. An anonymous caller meets none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct Access {
    /// At least one of these scopes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(
        feature = "kube",
        schemars(length(max = 32), inner(length(min = 1, max = 128), regex(pattern = "^[A-Za-z0-9:._/*-]+$")))
    )]
    pub any_scope: Vec<String>,
    /// Every one of these scopes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(
        feature = "kube",
        schemars(length(max = 32), inner(length(min = 1, max = 128), regex(pattern = "^[A-Za-z0-9:._/*-]+$")))
    )]
    pub all_scopes: Vec<String>,
    /// `Report` lets a caller without them pass, counted and logged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforcement: Option<Enforcement>,
}
