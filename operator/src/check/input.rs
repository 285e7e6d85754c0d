//! What the compiler of policies is given of a specification.

use shipshape_crds::api::ApiServiceSpec;
use shipshape_crds::compile::Input;
use shipshape_crds::names::{ADMIN_PORT, HTTP_PORT, HTTPS_PORT};
use shipshape_crds::sidecar_config::{Listen, ServiceName};

use crate::desired::grace::DRAIN_SECONDS;

/// What is compiled for the sidecar.
#[must_use]
pub fn input(service: ServiceName, spec: &ApiServiceSpec) -> Input<'_> {
    let any = |port: u16| format!("[::]:{port}");
    Input {
        service,
        listen: Listen { https: any(HTTPS_PORT), http: any(HTTP_PORT), admin: any(ADMIN_PORT) },
        app: spec.app_endpoint(format!("127.0.0.1:{}", spec.app.port)),
        hostnames: spec.hostnames().to_vec(),
        matching: spec.matching.unwrap_or_default(),
        policy: spec.policy_said(),
        routes: spec.route_inputs(),
        drain_seconds: DRAIN_SECONDS,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use shipshape_crds::text::PathPattern;

    use super::*;

    fn spec(extra: serde_json::Value) -> ApiServiceSpec {
        let mut value = json!({"app": {"image": "shop:1", "port": 5000}, "policy": {"auth": {"mode": "None"}}});
        value.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        serde_json::from_value(value).unwrap()
    }

    fn compiled(spec: &ApiServiceSpec) -> shipshape_crds::sidecar_config::SidecarConfig {
        let service = ServiceName::new("store", "shop");
        shipshape_crds::compile::compile(&input(service, spec)).unwrap()
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
