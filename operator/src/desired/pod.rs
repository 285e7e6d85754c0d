//! The pod: the sidecar first, then the app, spread over nodes and zones.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{LocalObjectReference, PodSpec, PodTemplateSpec, TopologySpreadConstraint};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use shipshape_crds::names::APP_CONTAINER;

use super::app_container::app_container;
use super::grace::GRACE_SECONDS;
use super::metadata::{label_selector, labels};
use super::parts::{APP_TMP, SIDECAR_TMP, scratch_volumes};
use super::policy_volume::policy_volume;
use super::security::pod_security;
use super::sidecar_container::sidecar_container;
use crate::model::Sound;

/// The pod that the Deployment makes.
#[must_use]
pub fn pod(sound: &Sound) -> PodTemplateSpec {
    let annotations = [
        // What `kubectl logs` shows when no container is named.
        ("kubectl.kubernetes.io/default-container".to_owned(), APP_CONTAINER.to_owned()),
        // Scratch space must not keep a node from being scaled away.
        ("cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes".to_owned(), format!("{APP_TMP},{SIDECAR_TMP}")),
    ];
    let mut volumes = vec![policy_volume(&sound.name, sound.spec.certificate_refs())];
    volumes.extend(scratch_volumes());
    PodTemplateSpec {
        metadata: Some(ObjectMeta {
            labels: Some(labels(sound)),
            annotations: Some(BTreeMap::from(annotations)),
            ..ObjectMeta::default()
        }),
        spec: Some(PodSpec {
            service_account_name: Some(sound.name.clone()),
            automount_service_account_token: Some(false),
            enable_service_links: Some(false),
            termination_grace_period_seconds: Some(i64::from(GRACE_SECONDS)),
            security_context: Some(pod_security(sound.spec.app.security_context.as_ref())),
            image_pull_secrets: pull_secrets(sound),
            topology_spread_constraints: Some(vec![
                spread(sound, "kubernetes.io/hostname"),
                spread(sound, "topology.kubernetes.io/zone"),
            ]),
            // An init container that restarts always is a sidecar: it starts before the app and ends after it.
            init_containers: Some(vec![sidecar_container(&sound.config.app, &sound.settings)]),
            containers: vec![app_container(&sound.spec.app)],
            volumes: Some(volumes),
            ..PodSpec::default()
        }),
    }
}

/// The app's pull secrets and those of the sidecar's image, each once.
fn pull_secrets(sound: &Sound) -> Option<Vec<LocalObjectReference>> {
    let of_app = sound.spec.app.image_pull_secrets.iter().map(|secret| &secret.name);
    let mut names: Vec<&String> = Vec::new();
    for name in of_app.chain(&sound.settings.sidecar_pull_secrets) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let secrets: Vec<_> = names.into_iter().map(|name| LocalObjectReference { name: name.clone() }).collect();
    (!secrets.is_empty()).then_some(secrets)
}

/// As even as it can be, per revision of the pod; a full zone must not keep pods from starting.
fn spread(sound: &Sound, over: &str) -> TopologySpreadConstraint {
    TopologySpreadConstraint {
        max_skew: 1,
        topology_key: over.to_owned(),
        when_unsatisfiable: "ScheduleAnyway".to_owned(),
        label_selector: Some(label_selector(sound)),
        match_label_keys: Some(vec!["pod-template-hash".to_owned()]),
        ..TopologySpreadConstraint::default()
    }
}
