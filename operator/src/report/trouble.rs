//! What keeps pods from serving, read from their own statuses.

use k8s_openapi::api::core::v1::{ContainerState, ContainerStateTerminated, ContainerStatus, Pod};

use super::condition::shortened;

/// What keeps a pod from serving.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trouble {
    /// The worse first.
    rank: u8,
    /// One word, for a condition.
    pub reason: &'static str,
    /// Which pod and container, what happens, and where to look.
    pub message: String,
}

/// The worst of what keeps any pod from serving, and how many pods have trouble.
#[must_use]
pub fn worst(pods: &[Pod]) -> Option<(Trouble, usize)> {
    let lives = |pod: &&Pod| pod.metadata.deletion_timestamp.is_none();
    let mut all: Vec<Trouble> = pods.iter().filter(lives).filter_map(of_pod).collect();
    all.sort();
    let count = all.len();
    all.into_iter().next().map(|trouble| (trouble, count))
}

fn of_pod(pod: &Pod) -> Option<Trouble> {
    let status = pod.status.as_ref()?;
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    let containers = status.init_container_statuses.iter().chain(&status.container_statuses).flatten();
    let worst = containers.filter_map(|container| of_container(name, container)).min();
    worst.or_else(|| unschedulable(name, pod))
}

fn of_container(pod: &str, container: &ContainerStatus) -> Option<Trouble> {
    // Between two crashes it runs for a moment, or has just ended: the trouble is the same.
    if !container.ready && container.restart_count > 0 && last_crash(container).is_some() {
        return Some(Trouble { rank: 2, reason: "CrashLoop", message: crash(pod, container) });
    }
    let waiting = container.state.as_ref()?.waiting.as_ref()?;
    let reason = waiting.reason.as_deref().unwrap_or_default();
    let said = waiting.message.as_deref().map(|text| format!(": {}", shortened(text, 300))).unwrap_or_default();
    let (name, image) = (&container.name, &container.image);
    let trouble = |rank, reason, message| Some(Trouble { rank, reason, message });
    match reason {
        "ErrImagePull" | "ImagePullBackOff" | "InvalidImageName" | "ErrImageNeverPull" | "ImageInspectError" => {
            trouble(0, "ImagePull", format!("pod {pod}: the image {image} of container {name} cannot be pulled{said}"))
        }
        "CreateContainerConfigError" | "CreateContainerError" | "RunContainerError" => {
            trouble(1, "ContainerConfig", format!("pod {pod}: container {name} cannot be started{said}"))
        }
        "CrashLoopBackOff" => trouble(2, "CrashLoop", crash(pod, container)),
        _ => None,
    }
}

/// How the container ended last, if it was by failing.
fn last_crash(container: &ContainerStatus) -> Option<&ContainerStateTerminated> {
    let ended =
        |state: &'_ Option<ContainerState>| state.as_ref().and_then(|state| state.terminated.as_ref()).is_some();
    let state = if ended(&container.state) { &container.state } else { &container.last_state };
    state.as_ref()?.terminated.as_ref().filter(|last| last.exit_code != 0)
}

fn crash(pod: &str, container: &ContainerStatus) -> String {
    let last = last_crash(container);
    let code = last.map(|last| match last.reason.as_deref() {
        Some("OOMKilled") => " after it used more memory than its limit".to_owned(),
        _ => format!(" with exit code {}", last.exit_code),
    });
    let said =
        last.and_then(|last| last.message.as_deref()).map(|text| format!(", saying: {}", shortened(text.trim(), 300)));
    format!(
        "pod {pod}: container {name} ends again and again{code}{said}; see kubectl logs {pod} -c {name} --previous",
        name = container.name,
        code = code.unwrap_or_default(),
        said = said.unwrap_or_default()
    )
}

fn unschedulable(name: &str, pod: &Pod) -> Option<Trouble> {
    let conditions = pod.status.as_ref()?.conditions.as_deref()?;
    let found = conditions
        .iter()
        .find(|condition| condition.type_ == "PodScheduled" && condition.reason.as_deref() == Some("Unschedulable"))?;
    let said = shortened(found.message.as_deref().unwrap_or_default(), 300);
    Some(Trouble { rank: 3, reason: "Unschedulable", message: format!("pod {name}: no node takes it: {said}") })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pod(name: &str, state: Value, last: Value) -> Pod {
        let status = json!({"name": "app", "image": "shop:1", "imageID": "", "ready": false, "restartCount": 3,
            "state": state, "lastState": last});
        serde_json::from_value(json!({"metadata": {"name": name}, "status": {"containerStatuses": [status]}})).unwrap()
    }

    #[test]
    fn a_crash_loop_says_how_it_ended_and_where_to_look() {
        let last = json!({"terminated": {"exitCode": 1, "message": "listen EADDRINUSE\n"}});
        let pods = [pod("shop-1", json!({"waiting": {"reason": "CrashLoopBackOff"}}), last)];
        let (trouble, count) = worst(&pods).unwrap();
        assert_eq!((trouble.reason, count), ("CrashLoop", 1));
        assert_eq!(
            trouble.message,
            "pod shop-1: container app ends again and again with exit code 1, saying: listen EADDRINUSE; see kubectl logs shop-1 -c app --previous"
        );
    }

    #[test]
    fn an_image_that_cannot_be_pulled_comes_first() {
        let pods = [
            pod("shop-1", json!({"waiting": {"reason": "CrashLoopBackOff"}}), json!({})),
            pod("shop-2", json!({"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}), json!({})),
            pod("shop-3", json!({"running": {}}), json!({})),
        ];
        let (trouble, count) = worst(&pods).unwrap();
        assert_eq!((trouble.reason, count), ("ImagePull", 2));
        assert!(trouble.message.contains("shop:1") && trouble.message.ends_with(": not found"), "{}", trouble.message);
    }

    #[test]
    fn between_two_crashes_the_trouble_is_the_same() {
        let last = || json!({"terminated": {"exitCode": 2}});
        let told: Vec<_> = [json!({"waiting": {"reason": "CrashLoopBackOff"}}), json!({"running": {}}), last()]
            .into_iter()
            .map(|state| worst(&[pod("shop-1", state, last())]).unwrap().0)
            .collect();
        assert_eq!(told[0], told[1]);
        assert_eq!(told[0], told[2]);
    }

    #[test]
    fn a_pod_that_merely_starts_is_no_trouble() {
        let pods = [pod("shop-1", json!({"waiting": {"reason": "PodInitializing"}}), json!({}))];
        assert_eq!(worst(&pods), None);
    }
}
