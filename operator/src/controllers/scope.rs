//! The loops over one namespace, or over all of them.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures::channel::mpsc::unbounded;
use futures::stream::BoxStream;
use futures::{FutureExt, Stream, StreamExt};
use kube::ResourceExt;
use kube::core::{ApiResource, DynamicObject};
use kube::runtime::controller::{Action, Config, ReconcileRequest, applier};
use kube::runtime::reflector::Store;
use kube::runtime::reflector::store::Writer;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::context::{Context, Shared, key_resource, service_resource};
use super::streams::gathered;
use super::triggers::{Reference, Triggers};
use super::{api_key, api_service};
use crate::error::Error;

/// How many reconciles of a kind run at once.
const AT_ONCE: u16 = 16;
/// How long events of what the operator made are gathered; an edit of a service or a key is never held up.
const GATHER: Duration = Duration::from_millis(250);

/// Serves one namespace, or all where none is named, until told to stop; reconciles under way are finished.
pub async fn run(shared: Shared, namespace: Option<String>, stop: watch::Receiver<bool>) {
    let client = shared.client.clone();
    let (services, services_writer) = store(service_resource());
    let (keys, keys_writer) = store(key_resource());
    let authority = shared.authority.clone();
    let context = Arc::new(Context {
        shared,
        services,
        keys,
        deliveries: Default::default(),
        contests: Default::default(),
        retries: Default::default(),
    });
    let (to_services, from_services) = unbounded();
    let (to_keys, from_keys) = unbounded();
    let triggers = Triggers { client, namespace, context: Arc::clone(&context), to_services, to_keys };

    let mut watches = JoinSet::new();
    watches.spawn(triggers.clone().watch_services(services_writer));
    watches.spawn(triggers.clone().watch_keys(keys_writer));
    watches.spawn(triggers.clone().watch_authority(authority));
    watches.spawn(triggers.clone().watch_peppers());
    watches.spawn(triggers.clone().watch_certificates());
    let children = gathered(triggers.children(), GATHER);
    let services = queue(futures::stream::select(from_services, children), stop.clone());
    let keys = queue(from_keys, stop);
    let limits = || Config::default().concurrency(AT_ONCE);
    let of_services = applier(
        |object, context| api_service::reconcile(object, context).boxed(),
        failed,
        Arc::clone(&context),
        context.services.clone(),
        services,
        limits(),
    );
    let of_keys = applier(
        |object, context| api_key::reconcile(object, context).boxed(),
        failed,
        Arc::clone(&context),
        context.keys.clone(),
        keys,
        limits(),
    );
    futures::join!(of_services.for_each(noted), of_keys.for_each(noted));
    watches.shutdown().await;
}

fn store(resource: ApiResource) -> (Store<DynamicObject>, Writer<DynamicObject>) {
    let writer = Writer::new(resource);
    (writer.as_reader(), writer)
}

/// A queue that ends when the process is told to stop.
fn queue(
    references: impl Stream<Item = Reference> + Send + 'static,
    mut stop: watch::Receiver<bool>,
) -> BoxStream<'static, Result<ReconcileRequest<DynamicObject>, Infallible>> {
    let stopped = async move { stop.wait_for(|stop| *stop).await.map(drop) };
    references.take_until(Box::pin(stopped)).map(|reference| Ok(ReconcileRequest::from(reference))).boxed()
}

fn failed(object: Arc<DynamicObject>, error: &Error, context: Arc<Context>) -> Action {
    let pause = context.retries.failed(&object.uid().unwrap_or_default(), fastrand::f64());
    tracing::warn!(
        %error, namespace = object.namespace().unwrap_or_default(), name = object.name_any(), retry = ?pause,
        "a reconcile failed and is tried again"
    );
    Action::requeue(pause)
}

/// Failures were logged where they were judged; what is left is an object that went before its turn came.
async fn noted<T, E: std::fmt::Display>(outcome: Result<T, E>) {
    if let Err(error) = outcome {
        tracing::debug!(%error, "a reconcile did not come to its end");
    }
}
