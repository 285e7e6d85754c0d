//! What was read, at one moment, for one service.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use shipshape_crds::api::{ApiKey, ApiService, ApiServiceStatus, ReadError};

use super::autoscaler::Autoscaler;
use super::live::Live;
use super::missing::MissingSecret;
use crate::credentials::{Authority, CredentialError, Leaf, OwnCertificate};
use crate::settings::Settings;

/// What the API server holds of a service's own objects, by kind and name.
pub type Children = BTreeMap<(&'static str, String), Live>;

/// The file of peppers exactly as sidecars will read it.
#[derive(Clone, PartialEq, Eq)]
pub struct PepperFile(pub Vec<u8>);

impl std::fmt::Debug for PepperFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PepperFile([redacted])")
    }
}

/// What was read, at one moment, for one service, with fresh randomness.
#[derive(Debug)]
pub struct Observed {
    /// The moment.
    pub now: Timestamp,
    /// Fresh random bytes, for the serial number of a certificate.
    pub random: [u8; 16],
    /// The service's namespace.
    pub namespace: String,
    /// The service's name.
    pub name: String,
    /// The service's unique id.
    pub uid: String,
    /// The generation of its specification.
    pub generation: Option<i64>,
    /// The status as it was written last; empty where it cannot be read.
    pub status: ApiServiceStatus,
    /// The service, or the field of it that cannot be read.
    pub service: Result<ApiService, ReadError>,
    /// The keys that name this service.
    pub keys: Vec<ApiKey>,
    /// The peppers of the namespace; `None` where no key was ever made in it.
    pub peppers: Result<Option<PepperFile>, CredentialError>,
    /// The built-in CA.
    pub authority: Arc<Authority>,
    /// The certificate that is mounted now, if it can be used.
    pub leaf: Option<Leaf>,
    /// The certificates of the user's own, in the order in which they are named.
    pub own_certificates: Vec<OwnCertificate>,
    /// The service's objects.
    pub children: Children,
    /// Its pods.
    pub pods: Vec<Pod>,
    /// What its app needs and nobody made.
    pub missing: Vec<MissingSecret>,
    /// Who else says how many pods run.
    pub autoscaler: Option<Autoscaler>,
    /// What holds for every service.
    pub settings: Settings,
}

impl Observed {
    /// One of the service's objects.
    #[must_use]
    pub fn child(&self, kind: &str, name: &str) -> Option<&Live> {
        self.children.iter().find(|((k, n), _)| *k == kind && n == name).map(|(_, live)| live)
    }
}
