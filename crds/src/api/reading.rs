//! From an `ApiService` to what the pure rules and the compiler read; said once, for operator and command line.

use super::api_service::{ApiServiceSpec, Route};
use crate::compile::RouteInput;
use crate::policy::{CertificateRef, Policy};
use crate::sidecar_config::AppEndpoint;
use crate::text::{Hostname, PathPattern};
use crate::validate::Subject;

/// How many pods run where the resource says nothing: one may go at any time.
const DEFAULT_REPLICAS: u32 = 2;
/// What a layer says that says nothing.
static NOTHING: Policy = Policy {
    tls: None,
    client_address: None,
    cors: None,
    auth: None,
    access: None,
    rate_limits: Vec::new(),
    rate_limit_fields: None,
    sizes: None,
    timeouts: None,
    security_headers: None,
};

impl ApiServiceSpec {
    /// `spec.policy`, or nothing.
    #[must_use]
    pub fn policy_said(&self) -> &Policy {
        self.policy.as_ref().unwrap_or(&NOTHING)
    }

    /// `spec.routes`, as they were written.
    #[must_use]
    pub fn route_inputs(&self) -> Vec<RouteInput<'_>> {
        self.routes.iter().map(Route::input).collect()
    }

    /// What is judged of the service.
    #[must_use]
    pub fn subject(&self) -> Subject<'_> {
        Subject {
            policy: self.policy_said(),
            routes: self.route_inputs(),
            matching: self.matching.unwrap_or_default(),
            replicas: self.replicas(),
        }
    }

    /// How many pods run.
    #[must_use]
    pub fn replicas(&self) -> u32 {
        self.scale.as_ref().and_then(|scale| scale.min_replicas).unwrap_or(DEFAULT_REPLICAS)
    }

    /// The host names that are served; any where empty.
    #[must_use]
    pub fn hostnames(&self) -> &[Hostname] {
        self.expose.as_ref().map_or(&[], |expose| &expose.hostnames)
    }

    /// The Secrets of the user's own certificates.
    #[must_use]
    pub fn certificate_refs(&self) -> &[CertificateRef] {
        self.policy_said().tls.as_ref().map_or(&[], |tls| &tls.certificate_refs)
    }

    /// The app, as its sidecar knows it: health paths are never found from outside.
    #[must_use]
    pub fn app_endpoint(&self, address: String) -> AppEndpoint {
        let health = self.app.health.clone().unwrap_or_default();
        let mut internal_paths = self.app.internal_paths.clone();
        let pages = [&health.live, &health.ready].into_iter().flatten();
        for page in pages.filter_map(|page| page.split('?').next()?.parse::<PathPattern>().ok()) {
            if !internal_paths.contains(&page) {
                internal_paths.push(page);
            }
        }
        AppEndpoint {
            address,
            protocol: self.app.protocol.unwrap_or_default(),
            live_path: health.live,
            ready_path: health.ready,
            internal_paths,
        }
    }
}

impl Route {
    fn input(&self) -> RouteInput<'_> {
        let Self { name, matches, policy } = self;
        RouteInput { name, path: &matches.path, methods: &matches.methods, policy: policy.as_ref().unwrap_or(&NOTHING) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn health_pages_are_internal() {
        let spec: ApiServiceSpec = serde_json::from_value(json!({
            "app": {"image": "a", "port": 3000, "internalPaths": ["/metrics"], "health": {"live": "/up?deep=1", "ready": "/metrics"}}}))
        .unwrap();
        let endpoint = spec.app_endpoint("127.0.0.1:3000".into());
        let paths: Vec<_> = endpoint.internal_paths.iter().map(PathPattern::as_str).collect();
        assert_eq!(paths, ["/metrics", "/up"]);
        assert_eq!((spec.replicas(), spec.hostnames().len()), (2, 0));
    }
}
