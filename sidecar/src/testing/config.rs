//! Heads, configurations and callers of tests.

use shipshape_crds::api_keys::{KeyParts, KeyRecord, KeyShard, KeyText, Peppers};
use shipshape_crds::compile::{Input, RouteInput, compile};
use shipshape_crds::policy::Policy;
use shipshape_crds::routing::{Matching, Method};
use shipshape_crds::sidecar_config::{AppEndpoint, Listen, ServiceName, SidecarConfig};
use shipshape_crds::text::PathPattern;

use crate::filters::api_key::{KeyRing, KnownKey};
use crate::wire::{Fields, RequestHead, Target, Version};

/// A request's head for `shop.example` over HTTP/1.1.
pub fn head(method: &str, target: &str, fields: &[(&'static str, &str)]) -> RequestHead {
    let mut all = Fields::default();
    fields.iter().for_each(|(name, value)| all.append(*name, value));
    RequestHead {
        method: method.to_owned().into(),
        target: Target::new(target),
        authority: "shop.example".to_owned(),
        version: Version::Http11,
        fields: all,
        content_length: None,
        upgrade: None,
    }
}

/// A route of a test: name, path, methods, policy.
pub type Route<'a> = (&'a str, &'a str, &'a [Method], serde_json::Value);

/// The compiled configuration of the service `shop` in `store`.
pub fn config(policy: serde_json::Value, routes: &[Route<'_>]) -> SidecarConfig {
    let policy: Policy = serde_json::from_value(policy).unwrap();
    let parts: Vec<(PathPattern, Policy)> = routes
        .iter()
        .map(|(_, path, _, policy)| (path.parse().unwrap(), serde_json::from_value(policy.clone()).unwrap()))
        .collect();
    let route =
        |(route, part): (&Route<'_>, &(PathPattern, Policy))| (route.0.to_owned(), route.2.to_vec(), part.clone());
    let routes: Vec<_> = routes.iter().zip(&parts).map(route).collect();
    let inputs = routes
        .iter()
        .map(|(name, methods, (path, policy))| RouteInput {
            name: name.as_str(),
            path,
            methods: methods.as_slice(),
            policy,
        })
        .collect();
    let address = |port: u16| format!("127.0.0.1:{port}");
    let input = Input {
        service: ServiceName::new("store", "shop"),
        listen: Listen { https: address(8443), http: address(8080), admin: address(9443) },
        app: AppEndpoint::new(address(5000)),
        hostnames: Vec::new(),
        matching: Matching::Folded,
        policy: &policy,
        routes: inputs,
        drain_seconds: 20,
    };
    compile(&input).unwrap()
}

/// A caller with these scopes.
pub fn known_key(id: &str, scopes: &[&str]) -> KnownKey {
    KnownKey {
        id: id.into(),
        name: "ci".to_owned(),
        subject: "team-a".to_owned(),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        expires_at: None,
    }
}

/// A key `dev` with these scopes, and the ring that accepts it.
pub fn key_ring(scopes: &[&str]) -> (KeyText, KeyRing) {
    let key = KeyText::new("dev", [1; 32]);
    let mut peppers = Peppers::default();
    peppers.insert("p", &[9; 32]);
    let parts = KeyParts::parse(key.reveal()).unwrap();
    let record = KeyRecord {
        id: "dev".to_owned(),
        hash: peppers.get("p").unwrap().hash(parts),
        pepper: "p".to_owned(),
        name: "ci".to_owned(),
        owner: Some("team-a".to_owned()),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        expires_at: None,
    };
    let ring = KeyRing::build(&[KeyShard { keys: vec![record] }], &peppers);
    (key, ring)
}
