//! What every reconcile has at hand.

use std::sync::Arc;

use kube::core::{ApiResource, DynamicObject};
use kube::runtime::events::Recorder;
use kube::runtime::reflector::Store;
use kube::{Client, Resource};
use shipshape_crds::api::{ApiKey, ApiService};
use tokio::sync::watch;

use super::retry::Retries;
use crate::apply::Contests;
use crate::credentials::Authority;
use crate::deliver::Deliveries;
use crate::health::Health;
use crate::settings::Settings;

/// What all namespaces share.
#[derive(Clone)]
pub struct Shared {
    /// The API server.
    pub client: Client,
    /// What holds for every service.
    pub settings: Settings,
    /// What is counted.
    pub health: Arc<Health>,
    /// Who tells events.
    pub recorder: Recorder,
    /// The CA as last kept.
    pub authority: watch::Receiver<Arc<Authority>>,
}

/// What a reconcile has at hand.
pub struct Context {
    /// What all namespaces share.
    pub shared: Shared,
    /// The services, as last seen.
    pub services: Store<DynamicObject>,
    /// The keys, as last seen.
    pub keys: Store<DynamicObject>,
    /// Who confirmed what.
    pub deliveries: Deliveries,
    /// What something changes back.
    pub contests: Contests,
    /// What failed.
    pub retries: Retries,
}

/// How the API server knows an `ApiService`.
#[must_use]
pub fn service_resource() -> ApiResource {
    resource::<ApiService>()
}

/// How the API server knows an `ApiKey`.
#[must_use]
pub fn key_resource() -> ApiResource {
    resource::<ApiKey>()
}

fn resource<K: Resource<DynamicType = ()>>() -> ApiResource {
    ApiResource::erase::<K>(&())
}
