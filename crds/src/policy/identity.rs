//! Who calls: the ways to identify a caller, and whether one must.

use serde::{Deserialize, Serialize};

use super::enforcement::Enforcement;
use crate::text::HeaderName;

/// How callers are identified.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct Auth {
    /// Whether a caller must be identified. Default `Required` where a method is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<AuthMode>,
    /// API keys, made by `ApiKey` resources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_keys: Option<ApiKeys>,
    /// `Report` lets a caller who could not be identified pass as anonymous, and forwards no identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforcement: Option<Enforcement>,
}

/// Whether a caller must be identified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub enum AuthMode {
    /// Refuse who shows no credential, or a bad one.
    Required,
    /// Let who shows no credential pass as anonymous; refuse a bad one.
    Optional,
    /// Identify nobody; credentials are passed on to the app unread.
    None,
}

/// API keys: 256 random bits, stored as a keyed hash, expiring, with scopes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct ApiKeys {
    /// The header field that carries the key. Default `X-API-Key`. It is not passed on to the app. A key is never
    /// accepted in a query string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<HeaderName>,
}
