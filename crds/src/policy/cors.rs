//! Which other sites' pages may use the API from a browser.

use serde::{Deserialize, Serialize};

use super::enforcement::Enforcement;
use crate::routing::Method;
use crate::text::{HeaderName, Origin, Timespan};

/// Which other sites' pages may use the API from a browser (CORS, the Fetch standard). None by default. Preflights are
/// answered before anybody is identified, every answer carries the fields that browsers ask for, refusals included, and
/// the app's own fields of this kind are taken out. Requests without Origin, and those of the API's own pages, pass.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct Cors {
    /// Origins whose pages may read answers, such as `https://shop.example`, `https://*.shop.example` for every host
    /// below a name, or `*` alone for every origin. Where any is named, requests of pages from others are refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "kube", schemars(length(max = 512)))]
    pub allow_origins: Vec<Origin>,
    /// Methods that a page may use. Default GET, HEAD, POST, PUT, PATCH and DELETE.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "kube", schemars(length(max = 16)))]
    pub allow_methods: Vec<Method>,
    /// Header fields that a page may send. Default `Authorization`, `Content-Type`, `X-Requested-With` and the field
    /// that carries API keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "kube", schemars(length(max = 64)))]
    pub allow_headers: Vec<HeaderName>,
    /// Header fields of an answer that a page may read, besides those that every page may and those that tell of limits
    /// and of the request's id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "kube", schemars(length(max = 64)))]
    pub expose_headers: Vec<HeaderName>,
    /// Whether a page may send cookies and client certificates, and read the answer; not with `*`. Default false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_credentials: Option<bool>,
    /// How long a browser may remember the answer to a preflight, at most `2h`. Default `10m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Timespan>,
    /// `Report` leaves CORS to the app and notes what would have been refused; `Disabled` leaves it to the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforcement: Option<Enforcement>,
}
