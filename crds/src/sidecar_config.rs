//! The file in which operator and sidecar meet: everything a sidecar enforces, already merged.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::merge::Sources;
use crate::policy::Policy;
use crate::protocol::AppProtocol;
use crate::routing::{Matching, Method};
use crate::text::{Hostname, PathPattern};

/// The format that this release writes and reads.
pub const FORMAT: u32 = 1;

/// What a sidecar is told. Every policy in it is whole: built-in, service and route are merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SidecarConfig {
    /// The format of this file.
    pub format: u32,
    /// Names this configuration and all files mounted with it; pods acknowledge it.
    pub revision: String,
    /// The service that is protected.
    pub service: ServiceName,
    /// Where the sidecar listens.
    pub listen: Listen,
    /// The app behind it.
    pub app: AppEndpoint,
    /// Hosts that are served; any where empty. Others get 421.
    pub hostnames: Vec<Hostname>,
    /// How paths are compared.
    pub matching: Matching,
    /// The policy where no route claims a request.
    pub policy: Policy,
    /// Where each value of `policy` was said.
    pub sources: Sources,
    /// The routes.
    pub routes: Vec<RouteConfig>,
    /// How long the sidecar waits for requests in flight when the pod ends, in seconds.
    pub drain_seconds: u32,
    /// The files beside this one.
    pub files: Files,
}

/// A service by namespace and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceName {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The domain of its cluster, below which Services have names.
    #[serde(default = "ServiceName::usual_domain")]
    pub domain: String,
}

impl ServiceName {
    /// A service in a cluster of the usual domain, `cluster.local`.
    #[must_use]
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), name: name.into(), domain: Self::usual_domain() }
    }

    fn usual_domain() -> String {
        "cluster.local".to_owned()
    }
}

/// Addresses as `IP:PORT`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Listen {
    /// TLS.
    pub https: String,
    /// Plain HTTP: the redirect, or everything where it is off.
    pub http: String,
    /// Probes, metrics, revision.
    pub admin: String,
}

/// The app behind the sidecar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AppEndpoint {
    /// Its address as `IP:PORT`.
    pub address: String,
    /// What it speaks there, also on its health pages.
    #[serde(default, skip_serializing_if = "AppProtocol::is_usual")]
    pub protocol: AppProtocol,
    /// The path that tells whether it lives; a connection is enough where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live_path: Option<String>,
    /// The path that tells whether it can serve; a connection is enough where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_path: Option<String>,
    /// Paths that are not found from outside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub internal_paths: Vec<PathPattern>,
}

impl AppEndpoint {
    /// An app at that address that speaks HTTP/1.1 and says nothing of its health.
    #[must_use]
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            protocol: AppProtocol::default(),
            live_path: None,
            ready_path: None,
            internal_paths: Vec::new(),
        }
    }
}

/// A route with its whole policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RouteConfig {
    /// Its name.
    pub name: String,
    /// Its paths.
    pub path: PathPattern,
    /// Its methods; all where empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<Method>,
    /// Its policy.
    pub policy: Policy,
    /// Where each value of `policy` was said.
    pub sources: Sources,
}

/// The files beside the configuration, relative to its folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Files {
    /// The certificate chain, PEM, leaf first.
    pub certificate: String,
    /// Its private key, PEM.
    pub certificate_key: String,
    /// Further certificates, served to clients that ask for one of their names. A file that is missing or cannot be
    /// used costs that certificate only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<CertificateFiles>,
    /// The peppers; absent where no API key exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peppers: Option<String>,
    /// The shards of API keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub api_keys: Vec<String>,
    /// The SHA-256 of each file, hexadecimal. Files of another content are used as they are, but the revision is not
    /// acknowledged before they are the ones meant: the kubelet may deliver one Secret before another.
    pub digests: BTreeMap<String, String>,
}

/// The files of one further certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CertificateFiles {
    /// Its name in metrics and messages: that of its Secret.
    pub name: String,
    /// The chain, PEM.
    pub certificate: String,
    /// Its private key, PEM.
    pub certificate_key: String,
}
