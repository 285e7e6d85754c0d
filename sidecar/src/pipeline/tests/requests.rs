//! What is looked at before anybody knows who calls: host, path, route, length.

use serde_json::{Value, json};
use shipshape_crds::policy::Enforcement;
use shipshape_crds::routing::Method;

use crate::testing::{AppDoes, TestApp, World, config, head, stalling};
use crate::wire::{Target, Version};

fn open(more: Value) -> Value {
    let mut policy = json!({"auth": {"mode": "None"}});
    policy.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    policy
}

#[test]
fn foreign_hosts_are_misdirected_and_a_missing_one_is_asked_for() {
    let mut config = config(open(json!({})), &[]);
    config.hostnames = vec!["api.shop.example".parse().unwrap()];
    let world = World::of(config);
    let ask = |host: &str, version| {
        let mut head = head("GET", "/", &[]);
        (head.authority, head.version) = (host.to_owned(), version);
        world.send(head, &[]).status
    };
    assert_eq!(ask("api.shop.example", Version::Http2), 200);
    assert_eq!(ask("shop.store.svc:443", Version::Http11), 200);
    assert_eq!(ask("evil.example", Version::Http11), 421);
    assert_eq!(ask("", Version::Http11), 400);
    assert_eq!(ask("", Version::Http10), 200);
}

#[test]
fn paths_with_two_readings_and_internal_ones_never_reach_the_app() {
    let routes: [crate::testing::Route<'_>; 1] =
        [("admin", "/admin/**", &[], json!({"access": {"anyScope": ["admin"]}}))];
    let mut config = config(open(json!({})), &routes);
    config.app.internal_paths = vec!["/metrics".parse().unwrap(), "/debug/**".parse().unwrap()];
    let world = World::of(config);
    for (target, code) in [
        ("/a/../b", "PATH_INVALID"),
        ("/a%2fb", "PATH_INVALID"),
        ("/%252e%252e/", "PATH_INVALID"),
        ("*", "PATH_INVALID"),
        ("/admin;x=1/users", "PATH_AMBIGUOUS"),
        ("/metrics", "NOT_FOUND"),
        ("/Metrics/", "NOT_FOUND"),
        ("//metrics?x", "NOT_FOUND"),
        ("/metrics;x", "NOT_FOUND"),
        ("/%64ebug/pprof", "NOT_FOUND"),
        ("/Admin//users/", "SCOPE_REQUIRED"),
    ] {
        assert_eq!(world.ask("GET", target, &[]).code(), code, "{target}");
    }
    assert_eq!(world.app.count(), 0);
    assert_eq!(world.ask("GET", "/metricsX", &[]).status, 200);
}

#[test]
fn internal_paths_stay_inside_in_every_spelling_even_where_others_are_matched_exactly() {
    let mut config = config(open(json!({})), &[]);
    config.matching = shipshape_crds::routing::Matching::Exact;
    config.app.internal_paths = vec!["/metrics".parse().unwrap()];
    let world = World::of(config);
    for target in ["/metrics", "/METRICS", "/metrics/", "//metrics"] {
        assert_eq!(world.ask("GET", target, &[]).code(), "NOT_FOUND", "{target}");
    }
}

#[test]
fn the_app_receives_the_original_bytes_under_the_policy_of_the_route() {
    let routes: [crate::testing::Route<'_>; 1] =
        [("small", "/small", &[Method::Post], json!({"sizes": {"body": "2"}}))];
    let world = World::new(open(json!({})), &routes);
    let mut request = head("POST", "//Small/?q=%41", &[]);
    request.content_length = Some(2);
    assert_eq!(world.send(request.clone(), &["ab"]).status, 200);
    assert_eq!(world.app.last().target.raw(), "//Small/?q=%41");
    request.content_length = Some(3);
    assert_eq!(world.send(request.clone(), &["abc"]).code(), "BODY_TOO_LARGE");
    request.method = "PUT".into();
    assert_eq!(world.send(request, &["abc"]).status, 200);
}

#[test]
fn a_body_without_a_declared_length_is_cut_at_its_limit() {
    let mut world = World::new(open(json!({"sizes": {"body": "4"}})), &[]);
    assert_eq!(world.send(head("POST", "/", &[]), &["ab", "cd"]).status, 200);
    let refused = world.send(head("POST", "/", &[]), &["ab", "cde"]);
    assert_eq!((refused.status, refused.code()), (413, "BODY_TOO_LARGE".to_owned()));
    assert_eq!(world.app.received.lock().unwrap()[1].1, b"ab", "what is beyond the limit reaches nobody");

    // An answer that has begun breaks off instead, and does not look whole.
    world.app = TestApp::new(AppDoes::Echo);
    let broken = world.send(head("POST", "/", &[]), &["ab", "cde", "f"]);
    assert_eq!((broken.status, broken.body.as_slice()), (200, b"ab".as_slice()));
    assert!(broken.broken.is_some());
}

#[test]
fn in_report_mode_a_large_body_passes_and_is_told() {
    let world = World::new(open(json!({"sizes": {"body": "4", "enforcement": "Report"}})), &[]);
    let mut declared = head("POST", "/declared", &[]);
    declared.content_length = Some(6);
    assert_eq!(world.send(declared, &["abcdef"]).status, 200);
    assert_eq!(world.send(head("POST", "/streamed", &[]), &["abc", "def"]).status, 200);
    assert_eq!(world.send(head("POST", "/small", &[]), &["abcd"]).status, 200);
    let told: Vec<_> = world.log().iter().map(|line| line["wouldRefuse"][0]["code"].clone()).collect();
    assert_eq!(told, [json!("BODY_TOO_LARGE"), json!("BODY_TOO_LARGE"), Value::Null]);
}

#[test]
fn a_disabled_limit_of_length_does_not_look() {
    let world = World::new(open(json!({"sizes": {"body": "4", "enforcement": "Disabled"}})), &[]);
    let mut request = head("POST", "/", &[]);
    request.content_length = Some(6);
    assert_eq!(world.send(request, &["abcdef"]).status, 200);
    assert_eq!(world.rules.config().policy.sizes.as_ref().unwrap().enforcement, Some(Enforcement::Disabled));
    assert!(world.log()[0].get("wouldRefuse").is_none());
}

#[test]
fn a_body_that_stalls_is_the_clients_fault_and_not_the_apps() {
    let stall = |policy: Value| {
        let world = World::new(open(policy), &[]);
        world.send_stream(head("POST", "/", &[]), stalling(&["ab"]), crate::testing::TestClient::default()).code()
    };
    assert_eq!(stall(json!({"timeouts": {"bodyIdle": "1s", "request": "5s"}})), "BODY_TIMEOUT");
    assert_eq!(stall(json!({"timeouts": {"bodyIdle": "9s", "request": "5s"}})), "BODY_TIMEOUT");
}

#[test]
fn a_target_may_be_as_long_as_its_limit() {
    let world = World::new(open(json!({"sizes": {"url": "300"}})), &[]);
    let mut request = head("GET", "/", &[]);
    request.target = Target::new(format!("/{}", "a".repeat(299)));
    assert_eq!(world.send(request.clone(), &[]).status, 200);
    request.target = Target::new(format!("/{}", "a".repeat(300)));
    assert_eq!(world.send(request, &[]).status, 414);
}

#[test]
fn methods_that_no_app_should_see_are_refused() {
    let world = World::new(open(json!({})), &[]);
    for method in ["TRACE", "CONNECT"] {
        assert_eq!(world.ask(method, "/", &[]).code(), "METHOD_UNSUPPORTED", "{method}");
    }
    assert_eq!(world.app.count(), 0);
}
