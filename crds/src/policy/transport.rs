//! TLS: versions, certificates, the redirect of plain HTTP, and HSTS.

use serde::{Deserialize, Serialize};

use super::enforcement::Switch;
use crate::text::Timespan;

/// TLS as clients meet it. The built-in CA issues a certificate for every name of the service; others come beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct Tls {
    /// Mozilla's recommendation that is followed. Not per route. Default `Intermediate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<TlsProfile>,
    /// The oldest version accepted; with `profile: Modern` only `TLSv1.3`. Not per route. Default `TLSv1.2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_version: Option<TlsVersion>,
    /// Certificates of your own, served to clients that ask for one of their names; all others get the built-in one. An
    /// ECDSA and an RSA certificate of one name may stand side by side. Not per route.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "kube", schemars(length(max = 8), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"])))]
    pub certificate_refs: Vec<CertificateRef>,
    /// What a request on the plain port is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect: Option<Redirect>,
    /// Strict-Transport-Security (RFC 6797), sent over TLS only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hsts: Option<Hsts>,
}

/// Mozilla's recommendation that is followed. `Intermediate` takes TLS 1.3, and 1.2 with forward secrecy and
/// authenticated encryption only; `Modern` takes 1.3 only. Default `Intermediate`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub enum TlsProfile {
    /// TLS 1.2 and 1.3: every client of the last ten years.
    #[default]
    Intermediate,
    /// TLS 1.3 only.
    Modern,
}

impl TlsProfile {
    /// The oldest version that the profile accepts.
    #[must_use]
    pub fn oldest(self) -> TlsVersion {
        match self {
            Self::Intermediate => TlsVersion::V1_2,
            Self::Modern => TlsVersion::V1_3,
        }
    }
}

/// A Secret of the type `kubernetes.io/tls` in the service's namespace, as cert-manager writes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct CertificateRef {
    /// The Secret's name.
    #[cfg_attr(
        feature = "kube",
        schemars(length(min = 1, max = 253), regex(pattern = "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"))
    )]
    pub name: String,
}

/// A TLS version; ordered by age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246).
    #[serde(rename = "TLSv1.2")]
    V1_2,
    /// TLS 1.3 (RFC 8446).
    #[serde(rename = "TLSv1.3")]
    V1_3,
}

/// The redirect of plain HTTP to HTTPS.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct Redirect {
    /// The status. Default 308, because clients turn a POST into a GET on 301.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<RedirectStatus>,
    /// `Disabled` serves plain HTTP on the plain port, with every other protection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforcement: Option<Switch>,
}

/// A redirect's status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub enum RedirectStatus {
    /// Moved Permanently; clients may turn POST into GET.
    MovedPermanently,
    /// Permanent Redirect; the method stays.
    #[default]
    PermanentRedirect,
}

impl From<RedirectStatus> for u16 {
    fn from(status: RedirectStatus) -> Self {
        match status {
            RedirectStatus::MovedPermanently => 301,
            RedirectStatus::PermanentRedirect => 308,
        }
    }
}

impl TryFrom<u16> for RedirectStatus {
    type Error = String;

    fn try_from(status: u16) -> Result<Self, String> {
        match status {
            301 => Ok(Self::MovedPermanently),
            308 => Ok(Self::PermanentRedirect),
            _ => Err(format!("{status} is no status of this redirect: write 308, or 301")),
        }
    }
}

#[cfg(feature = "kube")]
impl schemars::JsonSchema for RedirectStatus {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RedirectStatus".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "enum": [301, 308] })
    }

    fn inline_schema() -> bool {
        true
    }
}

/// Strict-Transport-Security: browsers use HTTPS only, for so long.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct Hsts {
    /// How long browsers remember. Default `365d`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Timespan>,
    /// Whether names below the host's are meant too. Default false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_sub_domains: Option<bool>,
    /// Whether the host may be put on browsers' built-in lists; hard to undo. Default false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preload: Option<bool>,
    /// `Disabled` sends no such field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforcement: Option<Switch>,
}
