//! What the operator makes of a sound service: one file per kind, nothing read, nothing written.

mod app_container;
mod deployment;
mod disruption_budget;
pub mod grace;
mod image;
mod metadata;
pub mod names;
mod parts;
mod pod;
mod policy_volume;
mod probes;
mod secrets;
mod security;
mod service;
mod service_account;
mod sidecar_container;
mod trust_bundle;

use crate::model::Sound;
use crate::object::Object;

/// Every object of a service, in the order in which they are applied: what a pod mounts stands before the pod, and the
/// configuration after the files that it names.
///
/// # Errors
/// When an object cannot be written as JSON; only a defect could cause it.
pub fn desired(sound: &Sound) -> Result<Vec<Object>, serde_json::Error> {
    let mut objects = vec![Object::new(&service_account::service_account(sound))?];
    objects.push(Object::new(&secrets::tls(sound))?);
    for shard in secrets::key_shards(sound) {
        objects.push(Object::new(&shard)?);
    }
    objects.push(Object::new(&secrets::policy(sound)?)?);
    objects.push(Object::new(&trust_bundle::trust_bundle(sound))?);
    objects.push(Object::new(&service::service(sound))?);
    objects.push(Object::new(&disruption_budget::disruption_budget(sound))?);
    objects.push(Object::new(&deployment::deployment(sound))?);
    Ok(objects)
}
