//! How many requests are let through, and what answers tell about it.

use serde::{Deserialize, Serialize};

use super::enforcement::Enforcement;
use crate::text::Timespan;

/// So many requests in a window. `requests` pass at once from rest, and the next one is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct RateLimit {
    /// The limit's name, unique in its list; a route changes the service's limit of the same name. A limit that a
    /// route changes is counted for that route alone.
    #[cfg_attr(feature = "kube", schemars(length(max = 63), regex(pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")))]
    pub name: String,
    /// What is counted together. Required, except where it changes a limit of the layer below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<Per>,
    /// How many requests pass in a window. Required, except where it changes a limit of the layer below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "kube", schemars(range(min = 1, max = 1_000_000_000)))]
    pub requests: Option<u32>,
    /// The window's length, from 1s to 31d. Required, except where it changes a limit of the layer below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Timespan>,
    /// What is promised. Default `Window`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guarantee: Option<Guarantee>,
    /// `Report` counts and logs what would have been refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforcement: Option<Enforcement>,
}

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub enum Per {
    /// Each credential, or each address where a caller has none.
    Client,
    /// Each address; an IPv6 client is its /64.
    IP,
    /// All requests that a route matches.
    Route,
    /// All requests of the service.
    Service,
}

/// What a limit promises.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub enum Guarantee {
    /// Never more than `requests` in any stretch of time as long as the window.
    #[default]
    Window,
    /// `requests` per window on average, refilled steadily (GCRA); at most twice as many in any one window.
    Average,
}

/// In which fields an answer tells about the limits that applied; Retry-After is always sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub enum RateLimitFields {
    /// In those of `Standard` and of `Legacy`.
    #[default]
    Both,
    /// In `RateLimit-Policy` and `RateLimit`, one item per limit (draft-ietf-httpapi-ratelimit-headers).
    Standard,
    /// In `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` (seconds), for the tightest limit.
    Legacy,
    /// In none of them; those of the app pass.
    None,
}
