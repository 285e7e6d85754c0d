//! Removal of what the operator made for a service and that is no longer desired.

use kube::api::{DeleteParams, Preconditions, PropagationPolicy};
use kube::core::DynamicObject;
use kube::{Api, Client};

use crate::error::Error;
use crate::object::{Kind, Object};
use crate::observe::{Live, Observed};

/// Removes what is ours and no longer desired; answers for each what came of it, as `Kind/name`.
pub async fn prune(client: &Client, observed: &Observed, desired: &[Object]) -> Vec<(String, Result<(), Error>)> {
    let mut outcomes = Vec::new();
    for (kind, live) in superfluous(observed, desired) {
        let what = format!("{kind}/{}", live.name());
        let outcome = delete(client, &observed.namespace, kind, live).await;
        outcomes.push((what, outcome));
    }
    outcomes
}

/// What the service controls and nobody desires.
fn superfluous<'a>(observed: &'a Observed, desired: &[Object]) -> Vec<(&'static str, &'a Live)> {
    let is_desired =
        |kind: &str, name: &str| desired.iter().any(|object| object.kind() == kind && object.name() == name);
    observed
        .children
        .iter()
        .filter(|((kind, name), live)| {
            live.is_controlled_by(&observed.uid) && !live.is_going() && !is_desired(kind, name)
        })
        .map(|((kind, _), live)| (*kind, live))
        .collect()
}

async fn delete(client: &Client, namespace: &str, kind: &str, live: &Live) -> Result<(), Error> {
    let Some(kind) = Kind::named(kind) else { return Ok(()) };
    let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, &kind.resource());
    let params = DeleteParams {
        propagation_policy: Some(PropagationPolicy::Background),
        preconditions: Some(Preconditions { uid: Some(live.uid().to_owned()), resource_version: None }),
        ..DeleteParams::default()
    };
    match api.delete(live.name(), &params).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        Err(error) => Err(Error::api(format!("delete {}/{}", kind.kind, live.name()))(error)),
    }
}
