//! Where a request comes from.

use serde::{Deserialize, Serialize};

use crate::text::Cidr;

/// How the client's address is found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct ClientAddress {
    /// Proxies in front whose X-Forwarded-For, X-Forwarded-Proto and X-Request-Id are believed. None by default: the
    /// client is whoever opened the connection. X-Forwarded-For is read from right to left up to the first address
    /// that is not in these ranges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "kube", schemars(length(max = 64)))]
    pub trusted_proxies: Vec<Cidr>,
}
