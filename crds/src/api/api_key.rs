//! `ApiKey`: a credential for one service, kept as a hash only.

use jiff::Timestamp;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::status::Condition;

/// A key for an `ApiService`. The key itself is written once into the Secret `NAME-api-key`, which its owner may take
/// and delete; the service keeps a hash. Deleting the `ApiKey` revokes the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, CustomResource, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[kube(
    group = "shipshape.dev",
    version = "v1alpha1",
    kind = "ApiKey",
    doc = "A key for an ApiService. The key itself is written once into the Secret NAME-api-key, which its owner may take and delete; the service keeps a hash. Deleting the ApiKey revokes the key.",
    plural = "apikeys",
    singular = "apikey",
    shortname = "akey",
    category = "shipshape",
    namespaced,
    status = "ApiKeyStatus",
    derive = "PartialEq",
    printcolumn = r#"{"name":"READY","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status"}"#,
    printcolumn = r#"{"name":"SERVICE","type":"string","jsonPath":".spec.serviceRef.name"}"#,
    printcolumn = r#"{"name":"OWNER","type":"string","jsonPath":".spec.owner"}"#,
    printcolumn = r#"{"name":"EXPIRES","type":"string","jsonPath":".spec.expiresAt"}"#,
    printcolumn = r#"{"name":"SECRET","type":"string","jsonPath":".status.secretName"}"#,
    printcolumn = r#"{"name":"AGE","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
#[x_kube(validation = Rule::new("self.serviceRef == oldSelf.serviceRef")
    .message("a key belongs to one service: make another ApiKey")
    .field_path(".serviceRef"))]
pub struct ApiKeySpec {
    /// The service that accepts the key.
    pub service_ref: ServiceRef,
    /// Who uses the key; the app receives it as `X-Shipshape-Subject`. The ApiKey's name where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128), regex(pattern = "^[!-~]([ -~]*[!-~])?$"))]
    pub owner: Option<String>,
    /// What the key may do, compared with `access` of the policy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 128), regex(pattern = "^[A-Za-z0-9:._/*-]+$")), extend("x-kubernetes-list-type" = "set"))]
    pub scopes: Vec<String>,
    /// When the key ends, such as `2027-01-31T00:00:00Z`. Never where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub expires_at: Option<Timestamp>,
}

/// A service in the same namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceRef {
    /// The `ApiService`'s name.
    #[schemars(length(min = 1, max = 63))]
    pub name: String,
}

/// What the operator reports of a key.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyStatus {
    /// The generation of the specification that this status speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The Secret that the key was written to, once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_name: Option<String>,
    /// What is kept of the key; only the pepper makes it useful.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<KeyFingerprint>,
    /// Facts about the key, by type.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
}

/// What is kept of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeyFingerprint {
    /// The key's public part, which logs and metrics may show.
    pub id: String,
    /// HMAC-SHA-256 of the key with the pepper, base64.
    pub hash: String,
    /// Which pepper of the namespace.
    pub pepper: String,
}
