//! The number of pods, written through `/scale` under a name of its own: an autoscaler can take it over, and what is
//! applied elsewhere never resets it.

use k8s_openapi::api::apps::v1::Deployment;
use kube::api::{Patch, PatchParams};
use kube::{Api, Client};
use serde_json::json;

use super::applied::Applied;
use super::ownership::SCALE_MANAGER;
use crate::error::Error;
use crate::model::Sound;
use crate::observe::{Live, Observed};

/// Sets the number of pods where it is another, unless an autoscaler does.
///
/// # Errors
/// When the API server refuses.
pub async fn scale(client: &Client, observed: &Observed, sound: &Sound, applied: &Applied) -> Result<(), Error> {
    let live = applied.deployment.as_ref().or_else(|| observed.child("Deployment", &sound.name));
    let is_ours = |live: &&Live| live.is_controlled_by(&observed.uid) || live.is_made_for(&observed.name);
    let Some(live) = live.filter(is_ours) else { return Ok(()) };
    let wanted = sound.replicas();
    if sound.autoscaler.is_some() || live.replicas() == Some(wanted) {
        return Ok(());
    }
    let api = Api::<Deployment>::namespaced(client.clone(), &sound.namespace);
    let scale = json!({
        "apiVersion": "autoscaling/v1", "kind": "Scale",
        "metadata": {"name": sound.name, "namespace": sound.namespace},
        "spec": {"replicas": wanted}});
    let params = PatchParams::apply(SCALE_MANAGER).force();
    let answer = api.patch_scale(&sound.name, &params, &Patch::Apply(&scale)).await;
    answer.map(drop).map_err(Error::api(format!("scale Deployment/{}", sound.name)))
}
