//! Limits as clients meet them: who shares one, what an answer tells, what a reload keeps.

use std::time::Duration;

use serde_json::{Value, json};

use crate::testing::{Route, World, config};

fn limited(limits: Value) -> Value {
    json!({"auth": {"mode": "Optional", "apiKeys": {}}, "rateLimits": limits})
}

#[test]
fn a_refusal_reads_as_the_documentation_shows_it() {
    let world =
        World::new(limited(json!([{"name": "per-client", "per": "Client", "requests": 30, "window": "1m"}])), &[]);
    for remaining in (0..30).rev() {
        let seen = world.ask_with_key("GET", "/");
        assert_eq!((seen.status, seen.field("x-ratelimit-remaining")), (200, Some(remaining.to_string().as_str())));
        world.wait(Duration::from_secs(2));
    }
    let refused = world.ask_with_key("GET", "/");
    assert_eq!(refused.status, 429);
    assert_eq!(refused.field("content-type"), Some("application/problem+json"));
    assert_eq!(refused.field("ratelimit-policy"), Some("\"per-client\";q=30;w=60"));
    assert_eq!(refused.field("ratelimit"), Some("\"per-client\";r=0;t=4"));
    assert_eq!(refused.field("retry-after"), Some("4"));
    let problem: Value = serde_json::from_slice(&refused.body).unwrap();
    assert_eq!(problem["detail"], "30 requests per minute are allowed. Try again in 4 s.");
    assert_eq!(problem["type"], "https://iana.org/assignments/http-problem-types#quota-exceeded");
    assert_eq!(problem["violated-policies"], json!(["per-client"]));
    assert_eq!(problem["requestId"], refused.field("x-request-id").unwrap());
    world.wait(Duration::from_secs(4));
    assert_eq!(world.ask_with_key("GET", "/").status, 200, "who waits as told passes");
    let log = world.log();
    assert_eq!(log[30]["field"], "spec.policy.rateLimits[per-client]");
}

#[test]
fn each_route_chooses_the_fields_that_tell_of_limits_and_always_says_how_long_to_wait() {
    let fields = |which: &str| json!({"rateLimitFields": which});
    let routes: [Route<'_>; 3] = [
        ("new", "/new", &[], fields("Standard")),
        ("none", "/none", &[], fields("None")),
        ("both", "/both", &[], fields("Both")),
    ];
    let mut policy = limited(json!([{"name": "r", "per": "Route", "requests": 1, "window": "1m"}]));
    policy["rateLimitFields"] = json!("Legacy");
    let world = World::new(policy, &routes);
    for (path, new, old) in [("/", false, true), ("/new", true, false), ("/none", false, false), ("/both", true, true)]
    {
        for status in [200, 429] {
            let seen = world.ask("GET", path, &[]);
            assert_eq!((seen.status, seen.field("retry-after").is_some()), (status, status == 429), "{path}");
            let told = [("ratelimit-policy", new), ("ratelimit", new), ("x-ratelimit-limit", old)];
            assert!(told.into_iter().all(|(name, is_told)| seen.field(name).is_some() == is_told), "{path}");
        }
    }
}

#[test]
fn a_client_is_its_credential_or_else_its_address() {
    let mut world = World::new(limited(json!([{"name": "c", "per": "Client", "requests": 1, "window": "1m"}])), &[]);
    assert_eq!(world.ask("GET", "/", &[]).status, 200);
    assert_eq!(world.ask("GET", "/", &[]).status, 429);
    assert_eq!(world.ask_with_key("GET", "/").status, 200);
    world.connection.peer = "[2001:db8::1]:1".parse().unwrap();
    assert_eq!(world.ask_with_key("GET", "/").status, 429, "a credential is one client from every address");
    assert_eq!(world.ask("GET", "/", &[]).status, 200);
    world.connection.peer = "[2001:db8::2]:1".parse().unwrap();
    assert_eq!(world.ask("GET", "/", &[]).status, 429, "a /64 is one client");
    world.connection.peer = "[2001:db8:0:1::2]:1".parse().unwrap();
    assert_eq!(world.ask("GET", "/", &[]).status, 200);
}

#[test]
fn a_limit_that_a_route_changes_counts_alone_and_an_untouched_one_counts_together() {
    let routes: [Route<'_>; 3] = [
        ("a", "/a", &[], json!({})),
        ("b", "/b", &[], json!({})),
        ("login", "/login", &[], json!({"rateLimits": [{"name": "ip", "requests": 1}]})),
    ];
    let world = World::new(limited(json!([{"name": "ip", "per": "IP", "requests": 2, "window": "1m"}])), &routes);
    assert_eq!(world.ask("GET", "/a", &[]).status, 200);
    assert_eq!(world.ask("GET", "/login", &[]).status, 200);
    assert_eq!(world.ask("GET", "/login", &[]).status, 429);
    assert_eq!(world.ask("GET", "/b", &[]).status, 200);
    assert_eq!(world.ask("GET", "/a", &[]).status, 429);
    assert_eq!(world.ask("GET", "/other", &[]).status, 429);
}

#[test]
fn a_limit_per_route_counts_every_route_and_one_per_service_all_of_them() {
    let routes: [Route<'_>; 2] = [("a", "/a", &[], json!({})), ("b", "/b", &[], json!({}))];
    let limits = json!([
        {"name": "route", "per": "Route", "requests": 1, "window": "1m"},
        {"name": "service", "per": "Service", "requests": 2, "window": "1m"}]);
    let world = World::new(limited(limits), &routes);
    assert_eq!(world.ask("GET", "/a", &[]).status, 200);
    let refused = world.ask("GET", "/a", &[]);
    assert_eq!(refused.field("ratelimit"), Some("\"route\";r=0;t=64, \"service\";r=1;t=64"), "{refused:?}");
    assert_eq!(world.ask("GET", "/b", &[]).status, 200, "the refused request consumed nothing of the service's limit");
    let both = world.ask("GET", "/b", &[]);
    let problem: Value = serde_json::from_slice(&both.body).unwrap();
    assert_eq!(problem["violated-policies"], json!(["route", "service"]));
    assert_eq!(world.ask("GET", "/", &[]).code(), "RATE_LIMITED");
}

#[test]
fn counts_survive_a_reload_and_a_raised_limit_takes_effect_at_once() {
    let limit = |requests: u32| limited(json!([{"name": "ip", "per": "IP", "requests": requests, "window": "1m"}]));
    let mut world = World::new(limit(2), &[]);
    assert_eq!(world.ask("GET", "/", &[]).status, 200);
    assert_eq!(world.ask("GET", "/", &[]).status, 200);
    world.reload(config(limit(2), &[]));
    assert_eq!(world.ask("GET", "/", &[]).status, 429);
    world.reload(config(limit(3), &[]));
    assert_eq!(world.ask("GET", "/", &[]).status, 200);
    assert_eq!(world.ask("GET", "/", &[]).status, 429);
}

#[test]
fn a_reported_limit_counts_and_tells_the_log_but_no_client() {
    let limit = json!([{"name": "ip", "per": "IP", "requests": 1, "window": "1m", "enforcement": "Report"}]);
    let world = World::new(limited(limit), &[]);
    assert_eq!(world.ask("GET", "/", &[]).status, 200);
    let seen = world.ask("GET", "/", &[]);
    assert_eq!((seen.status, seen.fields.has("ratelimit")), (200, false));
    let metrics = world.metrics.render().unwrap();
    for line in [
        r#"shipshape_rate_limit_decisions_total{decision="admitted",limit="ip"} 1"#,
        r#"shipshape_rate_limit_decisions_total{decision="reported",limit="ip"} 1"#,
        r#"shipshape_refusals_total{code="RATE_LIMITED",mode="report",route="(default)"} 1"#,
    ] {
        assert!(metrics.contains(line), "{line} is missing in\n{metrics}");
    }
    let log = world.log();
    assert_eq!(log[1]["wouldRefuse"][0]["code"], "RATE_LIMITED");
    assert_eq!(log[1]["wouldRefuse"][0]["field"], "spec.policy.rateLimits[ip]");
}

#[test]
fn a_disabled_limit_does_not_look() {
    let limit = json!([{"name": "ip", "per": "IP", "requests": 1, "window": "1m", "enforcement": "Disabled"}]);
    let world = World::new(limited(limit), &[]);
    for _ in 0..5 {
        let seen = world.ask("GET", "/", &[]);
        assert_eq!((seen.status, seen.fields.has("ratelimit")), (200, false));
    }
}
