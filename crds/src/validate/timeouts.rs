//! Times and rates are ones that a client can meet.

use std::time::Duration;

use super::finding::Finding;
use super::subject::Subject;
use crate::policy::{BodyRate, Policy};

const SHORTEST: Duration = Duration::from_secs(1);
/// More would cut off clients of ordinary mobile networks.
const MAX_RATE: u32 = 1_000_000;

pub(super) fn judge(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    judge_policy("spec.policy", subject.policy, findings);
    for route in &subject.routes {
        judge_policy(&format!("spec.routes[{}].policy", route.name), route.policy, findings);
    }
}

fn judge_policy(path: &str, policy: &Policy, findings: &mut Vec<Finding>) {
    let Some(timeouts) = &policy.timeouts else { return };
    let path = format!("{path}.timeouts");
    if timeouts.stream_idle.as_ref().is_some_and(|idle| idle.duration() < SHORTEST) {
        let message = "streams rest between events: write at least 1s, such as 5m";
        findings.push(Finding::error("stream-idle", format!("{path}.streamIdle"), message));
    }
    let Some(BodyRate { bytes_per_second, grace, enforcement: _ }) = &timeouts.body_rate else { return };
    if bytes_per_second.is_some_and(|rate| !(1..=MAX_RATE).contains(&rate)) {
        let message = "write between 1 and 1000000 bytes per second, or \"enforcement: Disabled\"";
        findings.push(Finding::error("body-rate", format!("{path}.bodyRate.bytesPerSecond"), message));
    }
    if grace.as_ref().is_some_and(|grace| grace.duration() < SHORTEST) {
        let message = "a connection takes a moment to find its pace: write at least 1s, such as 10s";
        findings.push(Finding::error("body-rate", format!("{path}.bodyRate.grace"), message));
    }
}
