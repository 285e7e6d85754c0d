//! One round: ask whoever is pending, and tell those to refresh that do not have it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client};
use serde_json::json;
use shipshape_crds::names::REFRESH_ANNOTATION;

use super::ask::ask;
use super::target::{Target, targets};
use super::tracker::{Deliveries, Delivery, PodState, weigh};
use crate::apply::MANAGER;

/// How long one sidecar has to answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many are asked at once.
const AT_ONCE: usize = 16;

/// Asks every pending pod once, and tells those to refresh that do not serve the revision. It is called after the
/// Secrets are written: a refresh before that would be lost.
pub async fn deliver(
    client: &Client,
    deliveries: &Deliveries,
    service: (&str, &str),
    revision: &str,
    pods: &[Pod],
) -> Delivery {
    let pods = targets(pods);
    let pending = deliveries.pending(service, revision, &pods, Instant::now());
    let rounds = pending.into_iter().map(|pod: Target| async move {
        let state = weigh(revision, &pod.uid, ask(pod.admin, PATIENCE).await);
        let is_pending = state != PodState::Confirmed;
        if is_pending && deliveries.must_tell(service, revision, &pod.uid, Instant::now()) {
            refresh(client, service.0, &pod).await;
        }
        (pod.uid, state)
    });
    let states: HashMap<_, _> = stream::iter(rounds).buffer_unordered(AT_ONCE).collect().await;
    deliveries.settle(service, revision, &pods, &states, Instant::now())
}

/// Counts the pod's annotation up: the kubelet then looks at what it mounts at once.
async fn refresh(client: &Client, namespace: &str, pod: &Target) {
    let api = Api::<Pod>::namespaced(client.clone(), namespace);
    let count = (pod.refreshed + 1).to_string();
    let patch = json!({"metadata": {"uid": pod.uid, "annotations": {REFRESH_ANNOTATION: count}}});
    let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
    if let Err(error) = api.patch_metadata(&pod.name, &params, &Patch::Merge(&patch)).await {
        // The next round tells it again; until then the kubelet refreshes in its own time.
        tracing::warn!(pod = %pod.name, %error, "could not ask the kubelet to refresh");
    }
}
