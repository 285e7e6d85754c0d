//! The order of the phases: what is refused first, and what a refusal costs.

use serde_json::json;

use crate::testing::{World, head};

/// Every protection at once, so that one request can violate them all.
fn strict() -> World {
    let policy = json!({
        "auth": {"apiKeys": {}},
        "access": {"anyScope": ["admin"]},
        "sizes": {"body": "4", "url": "300"},
        "rateLimits": [
            {"name": "per-ip", "per": "IP", "requests": 1, "window": "1m"},
            {"name": "per-client", "per": "Client", "requests": 1, "window": "1m"}]});
    World::new(policy, &[])
}

#[test]
fn each_refusal_hides_those_of_the_phases_below() {
    let world = strict();
    let mut request = head("POST", &format!("/../{}", "a".repeat(300)), &[("x-api-key", "wrong")]);
    request.content_length = Some(5);
    let code = |request: &crate::wire::RequestHead| world.send(request.clone(), &[]).code();
    assert_eq!(code(&request), "URL_TOO_LONG");
    request.target = crate::wire::Target::new("/../a");
    assert_eq!(code(&request), "PATH_INVALID");
    request.target = crate::wire::Target::new("/a");
    assert_eq!(code(&request), "BODY_TOO_LARGE");
    request.content_length = None;
    assert_eq!(code(&request), "API_KEY_INVALID");
    assert_eq!(code(&request), "RATE_LIMITED", "the address used up its limit before its key was looked at");
    assert_eq!(world.app.count(), 0);
}

#[test]
fn who_lacks_a_scope_is_refused_before_its_allowance_is_used() {
    let policy = json!({
        "auth": {"apiKeys": {}},
        "rateLimits": [{"name": "per-client", "per": "Client", "requests": 1, "window": "1m"}]});
    let world = World::new(policy, &[("manage", "/manage", &[], json!({"access": {"anyScope": ["admin"]}}))]);
    for _ in 0..3 {
        assert_eq!(world.ask_with_key("GET", "/manage").code(), "SCOPE_REQUIRED");
    }
    assert_eq!(world.ask_with_key("GET", "/").status, 200);
    assert_eq!(world.ask_with_key("GET", "/").code(), "RATE_LIMITED");
}

#[test]
fn a_request_in_the_clear_is_redirected_before_its_key_is_read_but_counts() {
    let mut world = strict();
    world.connection.tls = None;
    let redirected = world.ask("GET", "/a?b=%20", &[("x-api-key", "wrong")]);
    assert_eq!((redirected.status, redirected.field("location")), (308, Some("https://shop.example/a?b=%20")));
    assert_eq!(redirected.field("x-content-type-options"), Some("nosniff"));
    assert!(!redirected.fields.has("strict-transport-security"));
    assert_eq!(world.ask("GET", "/a", &[]).code(), "RATE_LIMITED");
}

#[test]
fn who_passes_everything_reaches_the_app_once() {
    let world = World::new(json!({"auth": {"apiKeys": {}}, "access": {"anyScope": ["read"]}}), &[]);
    let seen = world.ask_with_key("GET", "/a");
    assert_eq!((seen.status, seen.body.as_slice(), world.app.count()), (200, b"hello".as_slice(), 1));
}
