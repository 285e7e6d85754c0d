//! What the steps of a reconcile hand to one another.

use std::collections::BTreeMap;
use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use secrecy::SecretString;
use shipshape_crds::api::{ApiServiceSpec, PullPolicy};
use shipshape_crds::sidecar_config::SidecarConfig;

/// What holds for every service of this installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The sidecar's image.
    pub sidecar_image: String,
    /// When it is pulled; Kubernetes' own default where it is not said.
    pub sidecar_pull_policy: Option<PullPolicy>,
    /// Secrets, in each service's namespace, with credentials for the sidecar's image.
    pub sidecar_pull_secrets: Vec<String>,
    /// Where the operator runs and keeps its certificate authority.
    pub namespace: String,
    /// The end of every Service's name, usually `cluster.local`.
    pub cluster_domain: String,
    /// How long certificates live.
    pub lifetimes: Lifetimes,
}

/// How long certificates live; each is renewed at two thirds of its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// A root of the built-in authority.
    pub root: Duration,
    /// A service's certificate.
    pub leaf: Duration,
    /// How long a new root is published in every trust bundle before it signs.
    pub publish: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        const DAY: u64 = 86_400;
        Self {
            // Clients mount the bundle and see it change; a year lets those that copied it once follow.
            root: Duration::from_secs(365 * DAY),
            // Renewal is a hot reload, so short lives cost nothing and bound a stolen key.
            leaf: Duration::from_secs(30 * DAY),
            // Longer than any kubelet needs to refresh a mounted ConfigMap, and a week's holiday.
            publish: Duration::from_secs(14 * DAY),
        }
    }
}

/// A certificate chain and its key.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The chain, PEM, leaf first.
    pub chain: String,
    /// The private key, PEM.
    pub key: SecretString,
}

/// A service about which nothing is wrong, with all that its objects are made of.
#[derive(Debug, Clone)]
pub struct Sound {
    /// The service's namespace.
    pub namespace: String,
    /// The service's name.
    pub name: String,
    /// What every object carries, so that it goes when the service goes.
    pub owner: OwnerReference,
    /// The specification.
    pub spec: ApiServiceSpec,
    /// What the sidecar is told, with revision, files and digests.
    pub config: SidecarConfig,
    /// The service's certificate.
    pub certificate: Certificate,
    /// Every root that clients should trust, PEM.
    pub trust_bundle: String,
    /// The text of each shard of API keys that holds any, by its number.
    pub key_shards: BTreeMap<usize, String>,
    /// What holds for every service.
    pub settings: Settings,
}

/// What `apply` did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// Objects written because they were new or should differ.
    pub written: usize,
    /// Objects that were as they should be.
    pub unchanged: usize,
    /// Objects brought back after someone else changed them, as `Kind/name`.
    pub repaired: Vec<String>,
    /// Objects removed because they are no longer desired, as `Kind/name`.
    pub pruned: Vec<String>,
}
