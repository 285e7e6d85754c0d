//! All rules over one service; every finding is told, never only the first.

use super::finding::{Finding, Severity};
use super::{auth, limits, routes, scope};
use crate::compile::RouteInput;
use crate::policy::Policy;
use crate::routing::Matching;

/// What is judged: a service's policy and routes, without anything of Kubernetes.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    /// `spec.policy`.
    pub policy: &'a Policy,
    /// `spec.routes`.
    pub routes: Vec<RouteInput<'a>>,
    /// `spec.matching`.
    pub matching: Matching,
    /// How many pods can run at once.
    pub replicas: u32,
}

/// Everything that is wrong with a service, errors first.
#[must_use]
pub fn validate(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    auth::judge(subject, &mut findings);
    limits::judge(subject, &mut findings);
    routes::judge(subject, &mut findings);
    scope::judge(subject, &mut findings);
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    debug_assert!(Severity::Error > Severity::Warning);
    findings
}
