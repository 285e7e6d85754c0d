//! The sidecar's container.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Container, EnvVar, EnvVarSource, ObjectFieldSelector, ResourceRequirements, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use shipshape_crds::names::{ADMIN_PORT, CONFIG_FILE, HTTP_PORT, HTTPS_PORT, MOUNT_PATH, SIDECAR_CONTAINER};
use shipshape_crds::sidecar_config::AppEndpoint;

use super::image::pull_policy;
use super::parts::{SIDECAR_TMP, mount, port};
use super::policy_volume::POLICY_VOLUME;
use super::probes::{sidecar_lifecycle, sidecar_liveness, sidecar_readiness, sidecar_startup};
use super::security::sidecar_security;
use crate::settings::Settings;

/// What the sidecar asks for: a few thousand requests a second, and its idle memory several times over.
const REQUESTS: [(&str, &str); 2] = [("cpu", "50m"), ("memory", "32Mi")];
/// What it may use: the one core that its one worker can fill, and 10,000 TLS connections with room for bodies. No
/// limit for ephemeral storage: it writes none but its log, which the kubelet rotates, and a limit below the node's
/// rotation would evict pods for being asked much.
const LIMITS: [(&str, &str); 2] = [("cpu", "1"), ("memory", "256Mi")];

/// The sidecar: an init container that restarts always.
#[must_use]
pub fn sidecar_container(app: &AppEndpoint, settings: &Settings) -> Container {
    Container {
        name: SIDECAR_CONTAINER.to_owned(),
        restart_policy: Some("Always".to_owned()),
        image: Some(settings.sidecar_image.clone()),
        image_pull_policy: Some(pull_policy(settings.sidecar_pull_policy, &settings.sidecar_image)),
        command: Some(vec!["/shipshape-sidecar".to_owned()]),
        args: Some(args(app)),
        env: Some(vec![pod_uid()]),
        ports: Some(vec![port("https", HTTPS_PORT), port("http", HTTP_PORT), port("admin", ADMIN_PORT)]),
        resources: Some(ResourceRequirements {
            requests: Some(quantities(&REQUESTS)),
            limits: Some(quantities(&LIMITS)),
            ..ResourceRequirements::default()
        }),
        startup_probe: Some(sidecar_startup()),
        readiness_probe: Some(sidecar_readiness()),
        liveness_probe: Some(sidecar_liveness()),
        lifecycle: Some(sidecar_lifecycle()),
        security_context: Some(sidecar_security()),
        // The last lines of its log say why it would not start; the operator passes them on.
        termination_message_policy: Some("FallbackToLogsOnError".to_owned()),
        volume_mounts: Some(vec![
            VolumeMount { read_only: Some(true), ..mount(POLICY_VOLUME, MOUNT_PATH) },
            mount(SIDECAR_TMP, "/tmp"),
        ]),
        ..Container::default()
    }
}

/// The app's port, protocol and health pages are the pod's, not the policy's: the policy changes in running pods at once, and
/// those of the version before listen, and tell their health, where they always did.
fn args(app: &AppEndpoint) -> Vec<String> {
    let AppEndpoint { address, protocol, live_path, ready_path, internal_paths: _ } = app;
    let page = |page: &Option<String>| page.clone().unwrap_or_default();
    vec![
        "run".to_owned(),
        format!("--config={MOUNT_PATH}/{CONFIG_FILE}"),
        format!("--app={address}"),
        format!("--app-protocol={}", protocol.as_str()),
        format!("--app-live={}", page(live_path)),
        format!("--app-ready={}", page(ready_path)),
    ]
}

/// Which pod it is, so that the operator knows that no other answered in its place.
fn pod_uid() -> EnvVar {
    let field = ObjectFieldSelector { api_version: Some("v1".to_owned()), field_path: "metadata.uid".to_owned() };
    EnvVar {
        name: "POD_UID".to_owned(),
        value: None,
        value_from: Some(EnvVarSource { field_ref: Some(field), ..EnvVarSource::default() }),
    }
}

fn quantities(amounts: &[(&str, &str)]) -> BTreeMap<String, Quantity> {
    amounts.iter().map(|(name, amount)| ((*name).to_owned(), Quantity((*amount).to_owned()))).collect()
}
