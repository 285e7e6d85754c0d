//! Writes the status where it changed, and tells events.

use std::hash::{DefaultHasher, Hash, Hasher};

use k8s_openapi::api::core::v1::ObjectReference;
use kube::api::{Patch, PatchParams};
use kube::core::{ApiResource, DynamicObject};
use kube::runtime::events::{Event, EventType, Recorder};
use kube::{Api, Client, Resource};
use serde_json::{Value, json};
use shipshape_crds::api::{ApiService, ApiServiceStatus};

use super::events::{Notice, notices};
use super::outcome::Outcome;
use super::status::{refused, status};
use crate::apply::{Applied, MANAGER};
use crate::check::Refusal;
use crate::error::Error;
use crate::observe::Observed;

/// Where reports go.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// The API server.
    pub client: &'a Client,
    /// Who tells events.
    pub recorder: &'a Recorder,
}

/// Reports on a service whose objects were brought to what is desired; answers whether the report is the first to say
/// that every pod confirmed this revision.
///
/// # Errors
/// When the API server does not take the status.
pub async fn report(desk: Desk<'_>, outcome: &Outcome<'_>) -> Result<bool, Error> {
    let new = status(outcome);
    let Outcome { observed, sound, applied, .. } = outcome;
    let told = notices(&observed.status, &new, applied, &sound.warnings);
    write(desk, observed, &new, told).await?;
    Ok(confirms(&new) && !(confirms(&observed.status) && observed.status.revision == new.revision))
}

fn confirms(status: &ApiServiceStatus) -> bool {
    status.conditions.iter().any(|condition| condition.type_ == "PolicyApplied" && condition.status == "True")
}

/// Reports on a service of which nothing can be made.
///
/// # Errors
/// When the API server does not take the status.
pub async fn report_refusal(desk: Desk<'_>, observed: &Observed, refusal: &Refusal) -> Result<(), Error> {
    let new = refused(observed, refusal);
    let told = notices(&observed.status, &new, &Applied::default(), &[]);
    write(desk, observed, &new, told).await
}

async fn write(desk: Desk<'_>, observed: &Observed, new: &ApiServiceStatus, told: Vec<Notice>) -> Result<(), Error> {
    let Observed { namespace, name, .. } = observed;
    if observed.status != *new {
        let api: Api<DynamicObject> =
            Api::namespaced_with(desk.client.clone(), namespace, &ApiResource::erase::<ApiService>(&()));
        let patch = json!({"metadata": {"uid": observed.uid}, "status": whole(new)});
        let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
        // A merge, not an apply: it also reaches an object whose specification the API server itself cannot type.
        match api.patch_status(name, &params, &Patch::Merge(&patch)).await {
            Ok(_) => {}
            // It went in the meantime: there is nobody to report to.
            Err(kube::Error::Api(status)) if status.code == 404 || status.code == 409 => return Ok(()),
            Err(error) => return Err(Error::api(format!("write the status of apisvc/{name}"))(error)),
        }
    }
    let reference = ObjectReference {
        api_version: Some(ApiService::api_version(&()).into_owned()),
        kind: Some(ApiService::kind(&()).into_owned()),
        name: Some(name.clone()),
        namespace: Some(namespace.clone()),
        uid: Some(observed.uid.clone()),
        ..ObjectReference::default()
    };
    for notice in told {
        publish(desk.recorder, &reference, notice).await;
    }
    Ok(())
}

/// The status with a null for each member that it lacks, so that a merge removes what was there.
fn whole(status: &ApiServiceStatus) -> Value {
    let ApiServiceStatus { observed_generation, replicas, revision, url, limits, conditions } = status;
    json!({
        "observedGeneration": observed_generation, "replicas": replicas, "revision": revision, "url": url,
        "limits": (!limits.is_empty()).then_some(limits), "conditions": conditions})
}

/// Tells an event. One that gets lost is no reason to try everything again.
pub async fn publish(recorder: &Recorder, reference: &ObjectReference, notice: Notice) {
    let Notice { is_warning, reason, note } = notice;
    let type_ = if is_warning { EventType::Warning } else { EventType::Normal };
    let event = Event { type_, reason, action: action(&note), note: Some(note), secondary: None };
    if let Err(error) = recorder.publish(&event, reference).await {
        tracing::warn!(%error, reason = %event.reason, "could not tell an event");
    }
}

/// The recorder takes events of one reason and action for one that recurs and keeps the first one's note: what says
/// something else, such as another revision, is an event of its own.
fn action(note: &str) -> String {
    let mut hasher = DefaultHasher::new();
    note.hash(&mut hasher);
    format!("Reconcile-{:016x}", hasher.finish())
}
