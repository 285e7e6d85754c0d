//! What is judged: a service's policy and routes, without anything of Kubernetes.

use crate::compile::RouteInput;
use crate::defaults;
use crate::merge::{Layer, merge};
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

impl Subject<'_> {
    /// The policy that holds for the service, or for a route of it, every layer merged.
    #[must_use]
    pub(super) fn effective(&self, route: Option<&Policy>) -> Option<Policy> {
        let built_in = defaults::built_in();
        let said = [(Layer::BuiltIn, &built_in), (Layer::Service, self.policy)];
        let layers: Vec<_> = said.into_iter().chain(route.map(|policy| (Layer::Route, policy))).collect();
        // Only a defect could make merged layers no policy, and compiling them tells of it.
        merge(&layers).ok().map(|(policy, _)| policy)
    }
}
