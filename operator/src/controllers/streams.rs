//! What sets reconciles off: watches, each with a backoff of its own, and a pause that gathers what comes in bursts.

use std::collections::HashSet;
use std::hash::Hash;
use std::time::Duration;

use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt};
use kube::core::{DynamicObject, PartialObjectMeta};
use kube::runtime::reflector::ObjectRef;
use kube::runtime::watcher::{self, Event};
use kube::runtime::{WatchStreamExt, watcher as watch};
use kube::{Api, Resource, ResourceExt};
use serde::de::DeserializeOwned;
use shipshape_crds::names::SERVICE_LABEL;

use super::context::service_resource;
use crate::health::WATCH_SECONDS;

/// What is watched, with the timeout that health relies on.
#[must_use]
pub fn config(labels: &str) -> watcher::Config {
    watcher::Config::default().labels(labels).timeout(WATCH_SECONDS)
}

/// A watch that never ends: failures are logged and tried again, each watch for itself.
pub fn events<K>(api: Api<K>, config: watcher::Config, what: &'static str) -> impl Stream<Item = Event<K>> + Send
where
    K: Resource + Clone + DeserializeOwned + std::fmt::Debug + Send + 'static,
{
    watch(api, config).default_backoff().filter_map(move |event| async move {
        event.inspect_err(|error| tracing::warn!(%error, watch = what, "a watch failed and starts again")).ok()
    })
}

/// What a store holds anew. A list that begins again counts only when it is whole: before that the store still holds
/// what was there, and a reconcile would look at the past.
#[derive(Debug)]
pub enum Change<K> {
    /// One object is there, new or changed.
    Applied(K),
    /// One object is gone.
    Deleted(K),
    /// These are all that there are.
    Listed(Vec<K>),
}

/// The changes in a stream of events.
pub fn changes<K: Send>(events: impl Stream<Item = Event<K>> + Send) -> impl Stream<Item = Change<K>> + Send {
    let gather = |listed: &mut Vec<K>, event| {
        let change = match event {
            Event::Apply(object) => Some(Change::Applied(object)),
            Event::Delete(object) => Some(Change::Deleted(object)),
            Event::Init => {
                listed.clear();
                None
            }
            Event::InitApply(object) => {
                listed.push(object);
                None
            }
            Event::InitDone => Some(Change::Listed(std::mem::take(listed))),
        };
        futures::future::ready(Some(change))
    };
    events.scan(Vec::new(), gather).filter_map(futures::future::ready)
}

/// The services whose objects or pods change, by their label; only metadata is transferred.
pub fn services_of<K>(
    api: Api<PartialObjectMeta<K>>,
    labels: &str,
    what: &'static str,
) -> BoxStream<'static, ObjectRef<DynamicObject>>
where
    K: Resource + 'static,
    PartialObjectMeta<K>: Resource + Clone + DeserializeOwned + std::fmt::Debug + Send + 'static,
{
    let service = |object: &PartialObjectMeta<K>| {
        // Its owner before its label: anyone may write labels.
        let owners = object.metadata.owner_references.iter().flatten();
        let owner = owners.into_iter().find(|owner| owner.kind == service_resource().kind).map(|owner| &owner.name);
        let name = owner.or_else(|| object.metadata.labels.as_ref()?.get(SERVICE_LABEL))?;
        Some(ObjectRef::new_with(name, service_resource()).within(object.metadata.namespace.as_deref()?))
    };
    let touched = events(api, config(labels), what).filter_map(move |event| {
        let found = match &event {
            Event::Apply(object) | Event::InitApply(object) | Event::Delete(object) => service(object),
            Event::Init | Event::InitDone => None,
        };
        async move { found }
    });
    touched.boxed()
}

/// The key's service.
#[must_use]
pub fn service_of_key(key: &DynamicObject) -> Option<ObjectRef<DynamicObject>> {
    let name = key.data.pointer("/spec/serviceRef/name")?.as_str()?;
    Some(ObjectRef::new_with(name, service_resource()).within(&key.namespace()?))
}

/// Gathers what comes within a pause into one of each.
pub fn gathered<T>(stream: BoxStream<'static, T>, pause: Duration) -> impl Stream<Item = T> + Send
where
    T: Eq + Hash + Send + 'static,
{
    let batches = stream::unfold(stream, move |mut stream| async move {
        let mut batch = HashSet::from([stream.next().await?]);
        let end = tokio::time::sleep(pause);
        tokio::pin!(end);
        loop {
            tokio::select! {
                () = &mut end => break,
                item = stream.next() => match item {
                    Some(item) => _ = batch.insert(item),
                    None => break,
                },
            }
        }
        Some((stream::iter(batch), stream))
    });
    batches.flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_list_counts_only_when_it_is_whole() {
        let events = stream::iter([
            Event::Init,
            Event::InitApply(1),
            Event::Init,
            Event::InitApply(2),
            Event::InitDone,
            Event::Apply(3),
        ]);
        let all: Vec<_> = changes(events).collect().await;
        assert!(matches!(all.as_slice(), [Change::Listed(listed), Change::Applied(3)] if *listed == [2]), "{all:?}");
    }

    #[tokio::test]
    async fn a_burst_is_gathered_into_one_of_each() {
        let burst = stream::iter([1, 2, 1, 1, 2]).boxed();
        let mut all: Vec<i32> = gathered(burst, Duration::from_secs(60)).collect().await;
        all.sort_unstable();
        assert_eq!(all, [1, 2]);
    }
}
