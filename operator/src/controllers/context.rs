//! What every reconcile has at hand.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use kube::core::{ApiResource, DynamicObject};
use kube::runtime::controller::Action;
use kube::runtime::events::Recorder;
use kube::runtime::reflector::Store;
use kube::{Client, Resource, ResourceExt};
use shipshape_crds::api::{ApiKey, ApiService};
use tokio::sync::watch;

use super::retry::Retries;
use crate::apply::Contests;
use crate::credentials::Authority;
use crate::deliver::Deliveries;
use crate::error::Error;
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

impl Context {
    /// Takes the steps of one reconcile and counts how they went. An object that is going needs none.
    ///
    /// # Errors
    /// That of the steps; it is tried again.
    pub async fn counted(
        &self,
        kind: &str,
        object: &DynamicObject,
        steps: impl Future<Output = Result<Action, Error>>,
    ) -> Result<Action, Error> {
        if object.metadata.deletion_timestamp.is_some() {
            return Ok(Action::await_change());
        }
        let started = Instant::now();
        let outcome = steps.await;
        let label = outcome.as_ref().map_or_else(Error::label, |_| "ok");
        self.shared.health.metrics.reconciled(kind, label, started.elapsed());
        if outcome.is_ok() {
            self.retries.succeeded(&object.uid().unwrap_or_default());
        }
        outcome
    }
}

/// How long it is until then; nothing where it has passed.
#[must_use]
pub fn until(now: Timestamp, then: Timestamp) -> Duration {
    Duration::try_from(then.duration_since(now)).unwrap_or_default()
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
