//! What is judged: a service's policy and routes, without anything of Kubernetes.

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
