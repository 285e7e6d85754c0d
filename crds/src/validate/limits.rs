//! Rate limits are whole once merged, within bounds, and honest about pods.

use std::time::Duration;

use super::finding::Finding;
use super::subject::Subject;
use crate::merge::{Layer, merge};
use crate::policy::{Enforcement, Per, Policy, RateLimit};

const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(31 * 86_400);

pub(super) fn judge(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    judge_layer("spec.policy", subject.policy, None, findings);
    for route in &subject.routes {
        judge_layer(&format!("spec.routes[{}].policy", route.name), route.policy, Some(subject.policy), findings);
    }
    if subject.replicas > 1 {
        for limit in subject.policy.rate_limits.iter().filter(|limit| counts_per_pod(limit)) {
            let (n, pods) = (limit.requests.unwrap_or_default(), subject.replicas);
            let message = format!(
                "each pod counts for itself: up to {} requests pass per window over {pods} pods",
                u64::from(n) * u64::from(pods)
            );
            findings.push(Finding::warning(
                "limit-per-pod",
                format!("spec.policy.rateLimits[{}]", limit.name),
                message,
            ));
        }
    }
}

fn counts_per_pod(limit: &RateLimit) -> bool {
    limit.enforcement != Some(Enforcement::Disabled) && matches!(limit.per, Some(Per::Client | Per::IP))
}

fn judge_layer(path: &str, policy: &Policy, below: Option<&Policy>, findings: &mut Vec<Finding>) {
    let only = |from: &Policy| Policy { rate_limits: from.rate_limits.clone(), ..Policy::default() };
    let (base, over) = (below.map(only).unwrap_or_default(), only(policy));
    let Ok((whole, _)) = merge(&[(Layer::Service, &base), (Layer::Route, &over)]) else { return };
    for said in &policy.rate_limits {
        let path = format!("{path}.rateLimits[{}]", said.name);
        if policy.rate_limits.iter().filter(|other| other.name == said.name).count() > 1 {
            findings.push(Finding::error("limit-name", &path, "two limits have this name: give each its own"));
        }
        if let Some(limit) = whole.rate_limits.iter().find(|limit| limit.name == said.name) {
            judge_limit(&path, limit, findings);
        }
    }
}

fn judge_limit(path: &str, limit: &RateLimit, findings: &mut Vec<Finding>) {
    let missing = [
        ("per", limit.per.is_none(), "per: IP"),
        ("requests", limit.requests.is_none(), "requests: 100"),
        ("window", limit.window.is_none(), "window: 15m"),
    ];
    for (field, is_missing, example) in missing {
        if is_missing {
            let message =
                format!("{field} is missing, and no limit of this name below says it: write for example \"{example}\"");
            findings.push(Finding::error("limit-whole", format!("{path}.{field}"), message));
        }
    }
    if limit.requests == Some(0) {
        let message = "0 lets nobody pass: write 1 or more, or refuse with a route of its own";
        findings.push(Finding::error("limit-requests", format!("{path}.requests"), message));
    }
    let outside = |window: Duration| !(SHORTEST..=LONGEST).contains(&window);
    if limit.window.as_ref().is_some_and(|window| outside(window.duration())) {
        findings.push(Finding::error("limit-window", format!("{path}.window"), "write a window between 1s and 31d"));
    }
}
