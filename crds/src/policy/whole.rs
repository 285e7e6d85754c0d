//! The whole policy, in the order in which a request meets it.

use serde::{Deserialize, Serialize};

use super::{Access, Auth, ClientAddress, Cors, RateLimit, RateLimitFields, SecurityHeaders, Sizes, Timeouts, Tls};

/// What protects an API. Everything left out keeps the value of the layer below: route over service over built-in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct Policy {
    /// TLS versions, certificates, the redirect of plain HTTP, and HSTS. A route can change HSTS and the redirect only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// Whose word on the client's address is trusted. Not per route: it is read before a route is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_address: Option<ClientAddress>,
    /// Which other sites' pages may use the API from a browser; none by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cors: Option<Cors>,
    /// How callers are identified. Must be chosen: a method, or `mode: None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<Auth>,
    /// What an identified caller must hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Access>,
    /// How many requests are let through, by name. An item of a route changes the service's item of the same name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "kube", schemars(length(max = 16), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"])))]
    pub rate_limits: Vec<RateLimit>,
    /// In which fields an answer tells about the limits that applied. Default `Both`; Retry-After is always sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit_fields: Option<RateLimitFields>,
    /// How large a request may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sizes: Option<Sizes>,
    /// How long each part of a request may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<Timeouts>,
    /// Fields that every answer carries, and fields that none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_headers: Option<SecurityHeaders>,
}
