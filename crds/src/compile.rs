//! From a specification to what a sidecar is told: layers merged, every route whole.

use crate::defaults;
use crate::merge::{Layer, Sources, merge};
use crate::policy::{Auth, AuthMode, Policy, Tls};
use crate::routing::{Matching, Method};
use crate::sidecar_config::{AppEndpoint, FORMAT, Files, Listen, RouteConfig, ServiceName, SidecarConfig};
use crate::text::{Hostname, PathPattern};

/// A route as its author wrote it.
#[derive(Debug, Clone, Copy)]
pub struct RouteInput<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its paths.
    pub path: &'a PathPattern,
    /// Its methods; all where empty.
    pub methods: &'a [Method],
    /// What it says differently.
    pub policy: &'a Policy,
}

/// What a service says, without anything of Kubernetes.
#[derive(Debug, Clone)]
pub struct Input<'a> {
    /// The service.
    pub service: ServiceName,
    /// Where its sidecar listens.
    pub listen: Listen,
    /// The app.
    pub app: AppEndpoint,
    /// Hosts that are served; any where empty.
    pub hostnames: Vec<Hostname>,
    /// How paths are compared.
    pub matching: Matching,
    /// `spec.policy`.
    pub policy: &'a Policy,
    /// `spec.routes`.
    pub routes: Vec<RouteInput<'a>>,
    /// How long a drain may take, in seconds.
    pub drain_seconds: u32,
}

/// What a sidecar is told, still without a revision and files.
///
/// # Errors
/// When merged layers are no policy; only a defect could cause it.
pub fn compile(input: &Input<'_>) -> Result<SidecarConfig, serde_json::Error> {
    let built_in = defaults::built_in();
    let (policy, sources) = effective(&[(Layer::BuiltIn, &built_in), (Layer::Service, input.policy)])?;
    let route = |route: &RouteInput<'_>| {
        let layers = [(Layer::BuiltIn, &built_in), (Layer::Service, input.policy), (Layer::Route, route.policy)];
        let (policy, sources) = effective(&layers)?;
        Ok(RouteConfig {
            name: route.name.to_owned(),
            path: route.path.clone(),
            methods: route.methods.to_vec(),
            policy,
            sources,
        })
    };
    Ok(SidecarConfig {
        format: FORMAT,
        revision: String::new(),
        service: input.service.clone(),
        listen: input.listen.clone(),
        app: input.app.clone(),
        hostnames: input.hostnames.clone(),
        matching: input.matching,
        routes: input.routes.iter().map(route).collect::<Result<_, serde_json::Error>>()?,
        policy,
        sources,
        drain_seconds: input.drain_seconds,
        files: Files::default(),
    })
}

/// The layers merged, and completed where one choice follows from another.
fn effective(layers: &[(Layer, &Policy)]) -> Result<(Policy, Sources), serde_json::Error> {
    let (mut policy, mut sources) = merge(layers)?;
    if let Some(auth) = policy.auth.as_mut() {
        complete_auth(auth, &mut sources);
    }
    if let Some(tls) = policy.tls.as_mut() {
        complete_tls(tls, &mut sources);
    }
    Ok((policy, sources))
}

/// A profile raises the oldest version where nobody said another.
fn complete_tls(tls: &mut Tls, sources: &mut Sources) {
    let (Some(profile), Some(&layer)) = (tls.profile, sources.get("tls.profile")) else { return };
    if tls.min_version < Some(profile.oldest()) {
        tls.min_version = Some(profile.oldest());
        sources.insert("tls.minVersion".to_owned(), layer);
    }
}

/// A method without a mode means that a caller must be identified; a method without a header means the usual one.
fn complete_auth(auth: &mut Auth, sources: &mut Sources) {
    let Some(keys) = auth.api_keys.as_mut() else { return };
    if keys.header.is_none() {
        keys.header = defaults::api_keys().header;
        sources.insert("auth.apiKeys.header".to_owned(), Layer::BuiltIn);
    }
    if auth.mode.is_none() {
        auth.mode = Some(AuthMode::Required);
        sources.insert("auth.mode".to_owned(), Layer::BuiltIn);
    }
}

/// The field to look at for a value of the effective policy, such as `spec.routes[login].policy.sizes.body`.
#[must_use]
pub fn field_of(route: Option<&str>, sources: &Sources, path: &str) -> String {
    // A value may be said as part of something larger: the nearest place that was said decides.
    let said = sources.range(..=path.to_owned()).rev().find(|(key, _)| path == *key || is_below(path, key));
    let below = || sources.iter().find(|(key, _)| is_below(key, path));
    let layer = said.or_else(below).map(|(_, layer)| *layer);
    match (layer, route) {
        (Some(Layer::Route), Some(route)) => format!("spec.routes[{route}].policy.{path}"),
        (Some(Layer::Service | Layer::Route), _) => format!("spec.policy.{path}"),
        (Some(Layer::BuiltIn) | None, _) => format!("spec.policy.{path} (built-in default)"),
    }
}

fn is_below(path: &str, ancestor: &str) -> bool {
    path.strip_prefix(ancestor).is_some_and(|rest| rest.starts_with(['.', '[']))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::policy::TlsVersion;

    fn input<'a>(policy: &'a Policy, routes: Vec<RouteInput<'a>>) -> Input<'a> {
        let address = |port: u16| format!("127.0.0.1:{port}");
        Input {
            service: ServiceName::new("demo", "quickstart"),
            listen: Listen { https: address(1), http: address(2), admin: address(3) },
            app: AppEndpoint::new(address(4)),
            hostnames: Vec::new(),
            matching: Matching::Folded,
            policy,
            routes,
            drain_seconds: 20,
        }
    }

    fn policy(value: serde_json::Value) -> Policy {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn every_route_is_whole() {
        let service = policy(json!({"auth": {"apiKeys": {}}, "sizes": {"body": "2Mi"}}));
        let over = policy(json!({"auth": {"mode": "None"}, "sizes": {"headers": "8Ki"}}));
        let path = "/open".parse().unwrap();
        let routes = vec![RouteInput { name: "open", path: &path, methods: &[], policy: &over }];
        let config = compile(&input(&service, routes)).unwrap();

        let auth = config.policy.auth.unwrap();
        assert_eq!(auth.mode, Some(AuthMode::Required));
        assert_eq!(auth.api_keys.unwrap().header.unwrap().as_str(), "X-API-Key");
        let open = &config.routes[0];
        assert_eq!(open.policy.auth.as_ref().unwrap().mode, Some(AuthMode::None));
        let sizes = open.policy.sizes.as_ref().unwrap();
        assert_eq!((sizes.body.as_ref().unwrap().bytes(), sizes.headers.as_ref().unwrap().bytes()), (2 << 20, 8 << 10));
        assert_eq!(open.policy.timeouts, defaults::built_in().timeouts);
    }

    #[test]
    fn the_field_behind_a_value_is_named() {
        let service = policy(json!({"auth": {"mode": "None"}, "sizes": {"body": "2Mi"}}));
        let over = policy(json!({"rateLimits": [{"name": "login", "per": "IP", "requests": 5, "window": "15m"}]}));
        let path = "/login".parse().unwrap();
        let routes = vec![RouteInput { name: "login", path: &path, methods: &[], policy: &over }];
        let config = compile(&input(&service, routes)).unwrap();
        let field = |path: &str| field_of(Some("login"), &config.routes[0].sources, path);
        assert_eq!(field("sizes.body"), "spec.policy.sizes.body");
        assert_eq!(field("rateLimits[login]"), "spec.routes[login].policy.rateLimits[login]");
        assert_eq!(field("sizes.url"), "spec.policy.sizes.url (built-in default)");
    }

    #[test]
    fn a_profile_says_the_oldest_version() {
        let oldest = |tls: serde_json::Value| {
            let service = policy(json!({"auth": {"mode": "None"}, "tls": tls}));
            let config = compile(&input(&service, Vec::new())).unwrap();
            (config.policy.tls.unwrap().min_version.unwrap(), config.sources["tls.minVersion"])
        };
        assert_eq!(oldest(json!({"profile": "Modern"})), (TlsVersion::V1_3, Layer::Service));
        assert_eq!(oldest(json!({"profile": "Intermediate"})), (TlsVersion::V1_2, Layer::BuiltIn));
        assert_eq!(oldest(json!({"minVersion": "TLSv1.3"})), (TlsVersion::V1_3, Layer::Service));
    }

    #[test]
    fn the_file_survives_writing_and_reading() {
        let service = policy(json!({"auth": {"apiKeys": {"header": "X-Key"}}}));
        let config = compile(&input(&service, Vec::new())).unwrap();
        let text = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<SidecarConfig>(&text).unwrap(), config);
    }
}
