//! A HorizontalPodAutoscaler that says how many pods a service runs.

use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use kube::api::ListParams;
use kube::{Api, Client, ResourceExt};

use crate::error::Error;

/// Who else says how many pods run. Two who did would undo one another's work for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Autoscaler {
    /// Its name.
    pub name: String,
    /// The most pods that it asks for.
    pub max: u32,
}

/// The autoscaler of the Deployment of that name, where somebody made one.
///
/// # Errors
/// When the API server does not answer.
pub async fn autoscaler(client: &Client, namespace: &str, deployment: &str) -> Result<Option<Autoscaler>, Error> {
    let api = Api::<HorizontalPodAutoscaler>::namespaced(client.clone(), namespace);
    let found = api.list(&ListParams::default()).await.map_err(Error::api("list horizontalpodautoscalers"))?;
    Ok(found.items.iter().find_map(|one| scaling(one, deployment)))
}

fn scaling(one: &HorizontalPodAutoscaler, deployment: &str) -> Option<Autoscaler> {
    let spec = one.spec.as_ref()?;
    let target = &spec.scale_target_ref;
    let is_meant =
        target.kind == "Deployment" && target.name == deployment && one.metadata.deletion_timestamp.is_none();
    let max = u32::try_from(spec.max_replicas).unwrap_or(1);
    is_meant.then(|| Autoscaler { name: one.name_any(), max })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_one_that_names_the_deployment_counts() {
        let one = |kind: &str, name: &str| -> HorizontalPodAutoscaler {
            serde_json::from_value(json!({"metadata": {"name": "by-load"},
                "spec": {"maxReplicas": 5, "scaleTargetRef": {"kind": kind, "name": name}}}))
            .unwrap()
        };
        assert_eq!(scaling(&one("Deployment", "shop"), "shop"), Some(Autoscaler { name: "by-load".into(), max: 5 }));
        assert_eq!(scaling(&one("Deployment", "other"), "shop"), None);
        assert_eq!(scaling(&one("StatefulSet", "shop"), "shop"), None);
    }
}
