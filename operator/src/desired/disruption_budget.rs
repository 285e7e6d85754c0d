//! How many pods may be taken away at once, for maintenance of nodes.

use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::metadata::{label_selector, metadata};
use crate::model::Sound;

/// One pod at a time. Said as the most that may be away, not the least that must be there: the latter would block
/// every drain of a node where only one pod runs. Pods that are not ready protect nothing and may always go.
#[must_use]
pub fn disruption_budget(sound: &Sound) -> PodDisruptionBudget {
    PodDisruptionBudget {
        metadata: metadata(sound, &sound.name),
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(1)),
            min_available: None,
            selector: Some(label_selector(sound)),
            unhealthy_pod_eviction_policy: Some("AlwaysAllow".to_owned()),
        }),
        ..PodDisruptionBudget::default()
    }
}
