//! Probes and hooks, all asked at the sidecar's admin port: what each means, and how often.

use k8s_openapi::api::core::v1::{ExecAction, HTTPGetAction, Lifecycle, LifecycleHandler, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use shipshape_crds::names::ADMIN_PORT;

use super::grace::RESTART_SECONDS;

/// The sidecar's listeners are open. Asking for the app here would deadlock: it starts after this succeeds.
#[must_use]
pub fn sidecar_startup() -> Probe {
    Probe { period_seconds: Some(1), failure_threshold: Some(60), ..get("/livez") }
}

/// Policy is loaded and the app can serve; off within 6 s. It stays on while the pod drains.
#[must_use]
pub fn sidecar_readiness() -> Probe {
    Probe { period_seconds: Some(2), timeout_seconds: Some(2), failure_threshold: Some(3), ..get("/readyz") }
}

/// The sidecar's own loop turns.
#[must_use]
pub fn sidecar_liveness() -> Probe {
    Probe { period_seconds: Some(10), timeout_seconds: Some(3), failure_threshold: Some(3), ..get("/livez") }
}

/// The app may take five minutes to start.
#[must_use]
pub fn app_startup() -> Probe {
    Probe {
        period_seconds: Some(1),
        timeout_seconds: Some(2),
        failure_threshold: Some(300),
        termination_grace_period_seconds: Some(i64::from(RESTART_SECONDS)),
        ..get("/app/live")
    }
}

/// The app lives. Asked through the sidecar, so it must fail for longer than the sidecar takes to restart, back-off
/// included: a minute.
#[must_use]
pub fn app_liveness() -> Probe {
    Probe {
        period_seconds: Some(10),
        timeout_seconds: Some(3),
        failure_threshold: Some(6),
        termination_grace_period_seconds: Some(i64::from(RESTART_SECONDS)),
        ..get("/app/live")
    }
}

/// Starts the drain and returns at once.
#[must_use]
pub fn sidecar_lifecycle() -> Lifecycle {
    let drain = ExecAction { command: Some(vec!["/shipshape-sidecar".to_owned(), "drain".to_owned()]) };
    before_stop(LifecycleHandler { exec: Some(drain), ..LifecycleHandler::default() })
}

/// Holds the app until nothing is in flight. The kubelet runs both hooks at once, and sends the app SIGTERM only when
/// this one returns.
#[must_use]
pub fn app_lifecycle() -> Lifecycle {
    before_stop(LifecycleHandler { http_get: Some(action("/drained")), ..LifecycleHandler::default() })
}

fn before_stop(handler: LifecycleHandler) -> Lifecycle {
    Lifecycle { pre_stop: Some(handler), ..Lifecycle::default() }
}

fn get(path: &str) -> Probe {
    Probe { http_get: Some(action(path)), timeout_seconds: Some(1), ..Probe::default() }
}

/// A number, not a name, for the port: a name would be looked up in the container that asks, not in the one that
/// listens.
fn action(path: &str) -> HTTPGetAction {
    HTTPGetAction {
        path: Some(path.to_owned()),
        port: IntOrString::Int(i32::from(ADMIN_PORT)),
        scheme: Some("HTTP".to_owned()),
        ..HTTPGetAction::default()
    }
}
