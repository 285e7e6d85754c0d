//! The pods that count: those whose sidecar has started, and that are not on their way out.

use std::net::{IpAddr, SocketAddr};

use k8s_openapi::api::core::v1::{ContainerState, Pod};
use shipshape_crds::names::{ADMIN_PORT, REFRESH_ANNOTATION, SIDECAR_CONTAINER};

/// A pod that can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its name.
    pub name: String,
    /// Its unique id.
    pub uid: String,
    /// Where its sidecar answers.
    pub admin: SocketAddr,
    /// How often it was told to refresh.
    pub refreshed: u64,
}

/// The pods that count, by name.
#[must_use]
pub fn targets(pods: &[Pod]) -> Vec<Target> {
    let mut all: Vec<Target> = pods.iter().filter_map(target).collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

fn target(pod: &Pod) -> Option<Target> {
    let status = pod.status.as_ref()?;
    let containers = status.init_container_statuses.iter().chain(&status.container_statuses).flatten();
    let runs = containers
        .filter(|container| container.name == SIDECAR_CONTAINER)
        // Before its startup probe passes, it has not even read what it shall confirm.
        .any(|container| container.started == Some(true) && container.state.as_ref().is_some_and(is_running));
    if !runs || pod.metadata.deletion_timestamp.is_some() {
        return None;
    }
    let annotations = pod.metadata.annotations.as_ref();
    Some(Target {
        name: pod.metadata.name.clone()?,
        uid: pod.metadata.uid.clone()?,
        admin: SocketAddr::new(status.pod_ip.as_ref()?.parse::<IpAddr>().ok()?, ADMIN_PORT),
        refreshed: annotations.and_then(|all| all.get(REFRESH_ANNOTATION)?.parse().ok()).unwrap_or_default(),
    })
}

fn is_running(state: &ContainerState) -> bool {
    state.running.is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pod(name: &str, change: impl FnOnce(&mut Value)) -> Pod {
        let mut value = json!({
            "metadata": {"name": name, "uid": format!("uid-{name}"), "annotations": {REFRESH_ANNOTATION: "4"}},
            "status": {"podIP": "10.88.0.7", "initContainerStatuses": [
                {"name": SIDECAR_CONTAINER, "image": "", "imageID": "", "ready": true, "started": true, "restartCount": 0,
                    "state": {"running": {}}}]}});
        change(&mut value);
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn only_pods_whose_sidecar_runs_are_asked() {
        let pods = [
            pod("b", |_| ()),
            pod("a", |_| ()),
            pod("going", |pod| pod["metadata"]["deletionTimestamp"] = json!("2026-11-21T09:00:00Z")),
            pod("waiting", |pod| pod["status"]["initContainerStatuses"][0]["state"] = json!({"waiting": {}})),
            pod("starting", |pod| pod["status"]["initContainerStatuses"][0]["started"] = json!(false)),
            pod("without-address", |pod| pod["status"]["podIP"] = Value::Null),
        ];
        let found = targets(&pods);
        let names: Vec<_> = found.iter().map(|target| target.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!((found[0].admin.to_string().as_str(), found[0].refreshed), ("10.88.0.7:9443", 4));
    }
}
