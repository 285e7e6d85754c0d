//! What the compiler of policies and the rules are given of a specification.

use shipshape_crds::api::{ApiServiceSpec, App};
use shipshape_crds::compile::{Input, RouteInput};
use shipshape_crds::names::{ADMIN_PORT, HTTP_PORT, HTTPS_PORT};
use shipshape_crds::policy::Policy;
use shipshape_crds::sidecar_config::{AppEndpoint, Listen, ServiceName};
use shipshape_crds::text::PathPattern;
use shipshape_crds::validate::Subject;

use crate::desired::grace::DRAIN_SECONDS;
use crate::model::replicas;

/// What a layer says that says nothing.
#[derive(Debug, Default)]
pub struct Nothing(Policy);

impl Nothing {
    fn or<'a>(&'a self, policy: Option<&'a Policy>) -> &'a Policy {
        policy.unwrap_or(&self.0)
    }
}

/// What the rules judge.
#[must_use]
pub fn subject<'a>(spec: &'a ApiServiceSpec, nothing: &'a Nothing) -> Subject<'a> {
    Subject {
        policy: nothing.or(spec.policy.as_ref()),
        routes: routes(spec, nothing),
        matching: spec.matching.unwrap_or_default(),
        replicas: replicas(spec),
    }
}

/// What is compiled for the sidecar.
#[must_use]
pub fn input<'a>(service: ServiceName, spec: &'a ApiServiceSpec, nothing: &'a Nothing) -> Input<'a> {
    let any = |port: u16| format!("[::]:{port}");
    Input {
        service,
        listen: Listen { https: any(HTTPS_PORT), http: any(HTTP_PORT), admin: any(ADMIN_PORT) },
        app: app(&spec.app),
        hostnames: spec.hostnames().to_vec(),
        matching: spec.matching.unwrap_or_default(),
        policy: nothing.or(spec.policy.as_ref()),
        routes: routes(spec, nothing),
        drain_seconds: DRAIN_SECONDS,
    }
}

fn routes<'a>(spec: &'a ApiServiceSpec, nothing: &'a Nothing) -> Vec<RouteInput<'a>> {
    let route = |route: &'a shipshape_crds::api::Route| RouteInput {
        name: &route.name,
        path: &route.matches.path,
        methods: &route.matches.methods,
        policy: nothing.or(route.policy.as_ref()),
    };
    spec.routes.iter().map(route).collect()
}

fn app(app: &App) -> AppEndpoint {
    let health = app.health.clone().unwrap_or_default();
    let mut internal_paths = app.internal_paths.clone();
    // Health is for probes: what it says of the inside is nobody's business outside.
    let told = [&health.live, &health.ready].into_iter().flatten();
    for path in told.filter_map(|path| path.split('?').next()?.parse::<PathPattern>().ok()) {
        if !internal_paths.contains(&path) {
            internal_paths.push(path);
        }
    }
    AppEndpoint {
        address: format!("127.0.0.1:{}", app.port),
        live_path: health.live,
        ready_path: health.ready,
        internal_paths,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn spec(extra: serde_json::Value) -> ApiServiceSpec {
        let mut value = json!({"app": {"image": "shop:1", "port": 5000}, "policy": {"auth": {"mode": "None"}}});
        value.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        serde_json::from_value(value).unwrap()
    }

    fn compiled(spec: &ApiServiceSpec) -> shipshape_crds::sidecar_config::SidecarConfig {
        let service = ServiceName::new("store", "shop");
        shipshape_crds::compile::compile(&input(service, spec, &Nothing::default())).unwrap()
    }

    #[test]
    fn any_host_is_served_until_one_is_named() {
        assert!(compiled(&spec(json!({}))).hostnames.is_empty());
        let named = compiled(&spec(json!({"expose": {"hostnames": ["api.shop.example"]}})));
        assert_eq!(named.hostnames, ["api.shop.example".parse().unwrap()]);
        assert_eq!(named.service.domain, "cluster.local");
    }

    #[test]
    fn health_is_not_found_from_outside() {
        let app = json!({"image": "shop:1", "port": 5000, "internalPaths": ["/metrics"],
            "health": {"live": "/health?deep=1", "ready": "/health"}});
        let config = compiled(&spec(json!({"app": app})));
        let paths: Vec<_> = config.app.internal_paths.iter().map(PathPattern::as_str).collect();
        assert_eq!(paths, ["/metrics", "/health"]);
        assert_eq!(config.app.live_path.as_deref(), Some("/health?deep=1"));
        assert_eq!((config.app.address.as_str(), config.listen.admin.as_str()), ("127.0.0.1:5000", "[::]:9443"));
    }
}
