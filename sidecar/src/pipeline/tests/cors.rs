//! Pages of other sites: what they are told, and that they are told it with every answer.

use serde_json::{Value, json};

use crate::testing::{AppDoes, TestApp, World};

const PAGE: (&str, &str) = ("origin", "https://web.example");

fn world(cors: Value) -> World {
    let policy = json!({"auth": {"apiKeys": {}}, "cors": cors,
        "rateLimits": [{"name": "per-ip", "per": "IP", "requests": 3, "window": "1m"}]});
    let mut world = World::new(policy, &[]);
    let fields = vec![("access-control-allow-origin", "*"), ("vary", "accept")];
    world.app = TestApp::new(AppDoes::Answer(200, fields, "hello"));
    world
}

fn one() -> World {
    world(json!({"allowOrigins": ["https://web.example"], "allowCredentials": true}))
}

#[test]
fn a_preflight_is_answered_before_anybody_is_identified_and_never_reaches_the_app() {
    let world = one();
    let asks = [PAGE, ("access-control-request-method", "PUT"), ("access-control-request-headers", "x-api-key")];
    let seen = world.ask("OPTIONS", "/", &asks);
    assert_eq!((seen.status, seen.body.len(), world.app.count()), (204, 0, 0));
    assert_eq!(seen.field("access-control-allow-origin"), Some("https://web.example"));
    assert_eq!(seen.field("access-control-allow-credentials"), Some("true"));
    assert_eq!(seen.field("access-control-allow-methods"), Some("GET, HEAD, POST, PUT, PATCH, DELETE"));
    let headers = seen.field("access-control-allow-headers").unwrap();
    assert!(headers.contains("authorization") && headers.contains("x-api-key"), "{headers}");
    assert_eq!(seen.field("access-control-max-age"), Some("600"));
    assert!(seen.fields.all("vary").any(|vary| vary == b"origin"));

    let evil = world.ask("OPTIONS", "/", &[("origin", "https://evil.example"), asks[1]]);
    assert_eq!((evil.status, evil.code().as_str()), (403, "ORIGIN_DENIED"));
    assert_eq!(evil.field("access-control-allow-origin"), None);
}

#[test]
fn a_page_may_read_refusals_and_answers_and_the_app_says_nothing_of_it() {
    let world = one();
    let refused = world.ask("GET", "/", &[PAGE]);
    assert_eq!((refused.status, refused.field("access-control-allow-origin")), (401, Some("https://web.example")));
    let key = world.key.reveal().to_owned();
    let answered = world.ask("GET", "/", &[PAGE, ("x-api-key", &key)]);
    assert_eq!((answered.status, answered.fields.all("access-control-allow-origin").count()), (200, 1));
    assert_eq!(answered.field("access-control-allow-origin"), Some("https://web.example"));
    assert!(answered.field("access-control-expose-headers").unwrap().contains("retry-after"));
    assert!(answered.fields.all("vary").any(|vary| vary == b"accept"), "the app's own word on caches stays");
    world.ask("GET", "/", &[]);
    let limited = world.ask("GET", "/", &[PAGE]);
    assert_eq!((limited.status, limited.field("access-control-allow-origin")), (429, Some("https://web.example")));
}

#[test]
fn whoever_says_nothing_of_a_page_passes_and_caches_are_told() {
    let world = one();
    let seen = world.ask_with_key("GET", "/");
    assert_eq!((seen.status, seen.field("access-control-allow-origin")), (200, None));
    assert!(seen.fields.all("vary").any(|vary| vary == b"origin"));
    for origin in ["https://evil.example", "null", "\u{e9}"] {
        let seen = world.ask("GET", "/", &[("origin", origin)]);
        assert_eq!((seen.status, seen.code().as_str()), (403, "ORIGIN_DENIED"), "{origin}");
        world.wait(std::time::Duration::from_secs(60));
    }
}

#[test]
fn without_a_word_of_it_no_other_site_reads_anything() {
    let world = world(json!({}));
    let key = world.key.reveal().to_owned();
    let seen = world.ask("GET", "/", &[PAGE, ("x-api-key", &key)]);
    assert_eq!((seen.status, seen.field("access-control-allow-origin")), (200, None));
}

#[test]
fn reported_or_disabled_it_is_the_apps() {
    for (enforcement, notes) in [("Report", 1), ("Disabled", 0)] {
        let world = world(json!({"allowOrigins": ["https://web.example"], "enforcement": enforcement}));
        let key = world.key.reveal().to_owned();
        let seen = world.ask("GET", "/", &[("origin", "https://evil.example"), ("x-api-key", &key)]);
        assert_eq!((seen.status, seen.field("access-control-allow-origin")), (200, Some("*")), "{enforcement}");
        let asks = [PAGE, ("access-control-request-method", "PUT"), ("x-api-key", &key)];
        assert_eq!(world.ask("OPTIONS", "/", &asks).body, b"hello", "the app's answer");
        let log = world.log();
        let would = log[0]["wouldRefuse"].as_array().map_or(0, Vec::len);
        assert_eq!(would, notes, "{enforcement}: {}", log[0]);
    }
}
