//! What the steps of a reconcile hand to one another.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use shipshape_crds::api::ApiServiceSpec;
use shipshape_crds::sidecar_config::SidecarConfig;

use crate::credentials::{Leaf, MountedFiles};
use crate::settings::Settings;

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
    pub leaf: Leaf,
    /// Every root that clients should trust, PEM.
    pub trust_bundle: String,
    /// Every file that is mounted beside the configuration: certificate, peppers, shards of API keys.
    pub files: MountedFiles,
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
