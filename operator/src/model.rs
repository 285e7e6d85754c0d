//! A service about which nothing is wrong: what `check` hands to `desired`.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use shipshape_crds::api::ApiServiceSpec;
use shipshape_crds::sidecar_config::SidecarConfig;
use shipshape_crds::validate::Finding;

use crate::credentials::{Leaf, MountedFiles};
use crate::observe::Autoscaler;
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
    /// Who says how many pods run, where it is not the specification.
    pub autoscaler: Option<Autoscaler>,
    /// What holds for every service.
    pub settings: Settings,
    /// What works, and may surprise.
    pub warnings: Vec<Finding>,
}

impl Sound {
    /// How many pods are asked for.
    #[must_use]
    pub fn replicas(&self) -> u32 {
        replicas(&self.spec)
    }

    /// How many pods may run at most.
    #[must_use]
    pub fn most_replicas(&self) -> u32 {
        self.autoscaler.as_ref().map_or_else(|| self.replicas(), |autoscaler| autoscaler.max)
    }
}

/// How many pods a specification asks for: two where it says nothing, so that one may go.
#[must_use]
pub fn replicas(spec: &ApiServiceSpec) -> u32 {
    spec.scale.as_ref().and_then(|scale| scale.min_replicas).unwrap_or(2)
}
