//! The app's container: the image as it is, within the pod's rules.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, EnvVar, EnvVarSource, ResourceRequirements, SecretKeySelector};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use shipshape_crds::api;
use shipshape_crds::names::APP_CONTAINER;

use super::image::pull_policy;
use super::parts::{APP_TMP, mount, port};
use super::probes::{app_lifecycle, app_liveness, app_startup};
use super::security::app_security;

/// The app.
#[must_use]
pub fn app_container(app: &api::App) -> Container {
    Container {
        name: APP_CONTAINER.to_owned(),
        image: Some(app.image.clone()),
        image_pull_policy: Some(pull_policy(app.image_pull_policy, &app.image)),
        command: unless_empty(app.command.clone()),
        args: unless_empty(app.args.clone()),
        env: unless_empty(app.env.iter().map(variable).collect()),
        ports: Some(vec![port("app", app.port)]),
        resources: app.resources.as_ref().map(resources),
        startup_probe: Some(app_startup()),
        liveness_probe: Some(app_liveness()),
        lifecycle: Some(app_lifecycle()),
        security_context: Some(app_security(app.security_context.as_ref())),
        // Why it would not start stands in the last lines of its log; whoever may read the status may read those too.
        termination_message_policy: Some("FallbackToLogsOnError".to_owned()),
        volume_mounts: Some(vec![mount(APP_TMP, "/tmp")]),
        ..Container::default()
    }
}

/// The order is the author's: a variable may refer to those before it. An empty value is stored as none.
fn variable(said: &api::EnvVar) -> EnvVar {
    let api::EnvVar { name, value, value_from } = said;
    let source = value_from.as_ref().map(|api::ValueFrom { secret_key_ref: api::SecretKeyRef { name, key } }| {
        let selector = SecretKeySelector { name: name.clone(), key: key.clone(), optional: None };
        EnvVarSource { secret_key_ref: Some(selector), ..EnvVarSource::default() }
    });
    EnvVar { name: name.clone(), value: value.clone().filter(|value| !value.is_empty()), value_from: source }
}

fn resources(said: &api::Resources) -> ResourceRequirements {
    let api::Resources { requests, limits } = said;
    let amounts = |amounts: &BTreeMap<String, shipshape_crds::text::Quantity>| {
        let amounts: BTreeMap<_, _> =
            amounts.iter().map(|(name, amount)| (name.clone(), Quantity(amount.to_string()))).collect();
        (!amounts.is_empty()).then_some(amounts)
    };
    ResourceRequirements { requests: amounts(requests), limits: amounts(limits), ..ResourceRequirements::default() }
}

fn unless_empty<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}
