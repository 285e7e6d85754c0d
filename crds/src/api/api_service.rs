//! `ApiService`: one HTTP API, and what makes it production-ready.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::status::ApiServiceStatus;
use super::workload::App;
use crate::policy::Policy;
use crate::routing::{Matching, Method};
use crate::text::{Hostname, PathPattern};

/// An HTTP API made production-ready: the app as it is, a sidecar that enforces the policy, and everything around.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, CustomResource, KubeSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[kube(
    group = "shipshape.dev",
    version = "v1alpha1",
    kind = "ApiService",
    doc = "An HTTP API made production-ready: the app as it is, a sidecar that enforces the policy, and everything around it. On the command line: apisvc, or ship.",
    plural = "apisvcs",
    singular = "apisvc",
    shortname = "ship",
    category = "shipshape",
    namespaced,
    status = "ApiServiceStatus",
    validation = Rule::new("self.metadata.name.matches('^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$')")
        .message("the Service gets this name: in metadata.name, write a DNS label that starts with a letter, with at most 63 lower-case letters, digits and hyphens"),
    derive = "PartialEq",
    printcolumn = r#"{"name":"READY","type":"string","jsonPath":".status.conditions[?(@.type==\"Ready\")].status","description":"Whether every pod serves the revision asked for"}"#,
    printcolumn = r#"{"name":"REPLICAS","type":"string","jsonPath":".status.replicas","description":"Ready pods of those asked for"}"#,
    printcolumn = r#"{"name":"REVISION","type":"string","jsonPath":".status.revision","description":"The configuration that every pod confirmed"}"#,
    printcolumn = r#"{"name":"URL","type":"string","jsonPath":".status.url","description":"Where the API is served"}"#,
    printcolumn = r#"{"name":"REASON","type":"string","priority":1,"jsonPath":".status.conditions[?(@.type==\"Ready\")].message","description":"Why it is ready or not"}"#,
    printcolumn = r#"{"name":"AGE","type":"date","jsonPath":".metadata.creationTimestamp"}"#
)]
#[x_kube(
    validation = Rule::new("has(self.policy) && has(self.policy.auth) && (has(self.policy.auth.mode) || has(self.policy.auth.apiKeys))")
        .message("choose how callers are identified: apiKeys; or write \"mode: None\"")
        .field_path(".policy.auth"),
    validation = Rule::new("!has(self.policy) || !has(self.policy.auth) || !has(self.policy.auth.mode) || self.policy.auth.mode == 'None' || has(self.policy.auth.apiKeys)")
        .message("nobody can be identified without a method: add \"apiKeys: {}\", or write \"mode: None\"")
        .field_path(".policy.auth.mode"),
    validation = Rule::new("!(self.app.port in [8080, 8443, 9443])")
        .message("the sidecar listens on 8080, 8443 and 9443 in the same pod: let the app listen on another port")
        .field_path(".app.port"),
    validation = Rule::new("!has(self.policy) || !has(self.policy.rateLimits) || self.policy.rateLimits.all(l, has(l.per) && has(l.requests) && has(l.window))")
        .message("a limit of the service says what it counts and how many: write per, requests and window")
        .field_path(".policy.rateLimits"),
    validation = Rule::new("!has(self.policy) || !has(self.policy.sizes) || ((!has(self.policy.sizes.headers) || quantity(self.policy.sizes.headers).compareTo(quantity('64Ki')) <= 0) && (!has(self.policy.sizes.url) || quantity(self.policy.sizes.url).compareTo(quantity('32Ki')) <= 0))")
        .message("headers are at most 64Ki and url at most 32Ki: every request would hold as much memory")
        .field_path(".policy.sizes"),
    validation = Rule::new("!has(self.policy) || !has(self.policy.tls) || !has(self.policy.tls.profile) || !has(self.policy.tls.minVersion) || self.policy.tls.profile != 'Modern' || self.policy.tls.minVersion == 'TLSv1.3'")
        .message("profile Modern accepts TLS 1.3 only: leave minVersion out, or write \"profile: Intermediate\"")
        .field_path(".policy.tls"),
    validation = Rule::new("!has(self.routes) || self.routes.all(a, self.routes.all(b, a.name == b.name || (has(self.matching) && self.matching == 'Exact' ? a.match.path != b.match.path : a.match.path.lowerAscii() != b.match.path.lowerAscii()) || (has(a.match.methods) ? (!has(b.match.methods) || !a.match.methods.exists(m, m in b.match.methods)) : has(b.match.methods))))")
        .message("two routes claim the same path and method: let one of them say another path or other methods")
        .field_path(".routes"),
    validation = Rule::new("!has(self.routes) || self.routes.all(r, !has(r.policy) || !(has(r.policy.clientAddress) || (has(r.policy.tls) && (has(r.policy.tls.minVersion) || has(r.policy.tls.profile) || has(r.policy.tls.certificateRefs))) || (has(r.policy.sizes) && (has(r.policy.sizes.headers) || has(r.policy.sizes.headerCount) || has(r.policy.sizes.url))) || (has(r.policy.timeouts) && (has(r.policy.timeouts.head) || has(r.policy.timeouts.connect) || has(r.policy.timeouts.idle)))))")
        .message("clientAddress, tls.profile, minVersion and certificateRefs, sizes.headers, headerCount and url, timeouts.head, connect and idle are decided before a route is known: say them in spec.policy")
        .field_path(".routes")
)]
pub struct ApiServiceSpec {
    /// The app that is protected.
    pub app: App,
    /// How many pods run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scale>,
    /// The names under which the API is reached from outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expose: Option<Expose>,
    /// Whether spellings of a path that many frameworks serve alike are one path to routes. Default `Folded`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matching: Option<Matching>,
    /// What protects every request of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    /// Routes that differ. The most specific route wins, whatever the order; two that claim the same path and method
    /// are refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub routes: Vec<Route>,
}

/// How many pods run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scale {
    /// How many pods run. Default 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub min_replicas: Option<u32>,
}

/// The names under which the API is reached from outside.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Expose {
    /// Host names, also of the certificate. Requests for others (but for the Service's own names) are answered with
    /// 421. Any host is served where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub hostnames: Vec<Hostname>,
}

/// Requests that differ from the rest, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Route {
    /// The route's name, unique in the service; metrics and logs carry it.
    #[schemars(length(max = 63), regex(pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub name: String,
    /// Which requests are meant.
    #[serde(rename = "match")]
    pub matches: RouteMatch,
    /// What differs from the service's policy; everything else stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
}

/// Which requests are meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RouteMatch {
    /// `/a/b` is one path, `{id}` any one segment, and a final `/**` the prefix and everything below.
    pub path: PathPattern,
    /// The methods meant; all where none is named. `GET` includes `HEAD`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 7), extend("x-kubernetes-list-type" = "set"))]
    pub methods: Vec<Method>,
}
