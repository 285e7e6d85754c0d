//! The Deployment: pods are added before others go, and how many run is not its business.

use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::metadata::{label_selector, metadata};
use super::pod::pod;
use crate::model::Sound;

/// The Deployment, without `replicas`: that field is written through `/scale` by its own manager, because whoever
/// applies it once and leaves it out later resets it to one.
#[must_use]
pub fn deployment(sound: &Sound) -> Deployment {
    Deployment {
        metadata: metadata(sound, &sound.name),
        spec: Some(DeploymentSpec {
            replicas: None,
            selector: label_selector(sound),
            strategy: Some(DeploymentStrategy {
                type_: Some("RollingUpdate".to_owned()),
                rolling_update: Some(RollingUpdateDeployment {
                    max_surge: Some(IntOrString::Int(1)),
                    max_unavailable: Some(IntOrString::Int(0)),
                }),
            }),
            template: pod(sound),
            ..DeploymentSpec::default()
        }),
        ..Deployment::default()
    }
}
