//! Fields that every answer carries, and fields that none does.

use serde::{Deserialize, Serialize};

use super::enforcement::Switch;
use crate::text::HeaderName;

/// Header fields of every answer, refusals included.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct SecurityHeaders {
    /// Fields to send, by name. An item changes the built-in item of the same name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "kube", schemars(length(max = 32), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"])))]
    pub set: Vec<HeaderField>,
    /// Fields of the app that are not passed on. Default `Server` and `X-Powered-By`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "kube", schemars(length(max = 32)))]
    pub remove: Vec<HeaderName>,
    /// `Disabled` leaves the app's fields as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforcement: Option<Switch>,
}

/// One field of every answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct HeaderField {
    /// The field's name.
    pub name: HeaderName,
    /// The field's value: visible ASCII and spaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "kube", schemars(length(min = 1, max = 2048), regex(pattern = "^[!-~]([ -~]*[!-~])?$")))]
    pub value: Option<String>,
    /// Whether it replaces the app's field of the same name. Default `Replace`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<HeaderMode>,
    /// `Disabled` does not send this field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforcement: Option<Switch>,
}

/// What happens to the app's field of the same name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub enum HeaderMode {
    /// It is replaced.
    #[default]
    Replace,
    /// It stays; ours is sent only where the app sent none, and no Content-Security-Policy is put on an HTML page.
    IfAbsent,
}
