//! How seriously a protection is meant: enforced, only reported, or switched off.

use serde::{Deserialize, Serialize};

/// How seriously a protection is meant. Nothing else switches one off: no null, no empty list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub enum Enforcement {
    /// Decides and refuses.
    #[default]
    Enforce,
    /// Decides, counts and logs what would have been refused, and lets it pass.
    Report,
    /// Does not look.
    Disabled,
}

/// Whether something that cannot merely be reported is on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub enum Switch {
    /// It is on.
    #[default]
    Enforce,
    /// It is off.
    Disabled,
}
