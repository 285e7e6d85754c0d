//! Who calls, what it may do, and what the app is told about it.

use serde_json::{Value, json};

use crate::testing::{World, head};

#[test]
fn a_known_caller_is_told_to_the_app_and_its_key_is_not() {
    let world = World::new(json!({"auth": {"apiKeys": {}}}), &[]);
    let forged = [("x-api-key", world.key.reveal()), ("x-shipshape-subject", "root"), ("x_shipshape_scopes", "admin")];
    assert_eq!(world.ask("GET", "/", &forged).status, 200);
    let received = world.app.last();
    let told = ["x-shipshape-subject", "x-shipshape-key", "x-shipshape-scopes"].map(|name| received.fields.text(name));
    assert_eq!(told, [Some("team-a"), Some("dev"), Some("read")]);
    assert!(!received.fields.has("x-api-key") && !received.fields.has("x_shipshape_scopes"));
    assert_eq!(received.fields.all("x-shipshape-subject").count(), 1);
}

#[test]
fn a_stranger_is_asked_for_a_key_in_words_that_tell_nothing() {
    let world = World::new(json!({"auth": {"apiKeys": {}}}), &[]);
    let missing = world.ask("GET", "/", &[]);
    assert_eq!((missing.status, missing.code()), (401, "API_KEY_MISSING".to_owned()));
    assert_eq!(missing.field("www-authenticate"), Some("ApiKey realm=\"shop\", header=\"X-API-Key\""));
    assert_eq!(missing.field("cache-control"), Some("no-store"));
    let problem: Value = serde_json::from_slice(&missing.body).unwrap();
    assert_eq!(problem["detail"], "Send the header X-API-Key.");

    // An unknown id and a forged secret of a known id look alike, down to the last byte.
    let unknown = shipshape_crds::api_keys::KeyText::new("nobody", [5; 32]);
    let forged = shipshape_crds::api_keys::KeyText::new("dev", [5; 32]);
    let answers = [unknown, forged].map(|key| world.ask("GET", "/", &[("x-api-key", key.reveal())]).body);
    assert_eq!(answers[0], answers[1]);
    assert_eq!(world.app.count(), 0);
}

#[test]
fn an_optional_identity_lets_strangers_pass_but_no_bad_key() {
    let routes: [crate::testing::Route<'_>; 1] =
        [("manage", "/manage", &[], json!({"access": {"anyScope": ["read"]}}))];
    let world = World::new(json!({"auth": {"mode": "Optional", "apiKeys": {}}}), &routes);
    assert_eq!(world.ask("GET", "/", &[]).status, 200);
    assert!(!world.app.last().fields.has("x-shipshape-subject"));
    assert_eq!(world.ask("GET", "/", &[("x-api-key", "wrong")]).code(), "API_KEY_INVALID");
    assert_eq!(world.ask("GET", "/manage", &[]).code(), "API_KEY_MISSING", "who it is comes before what it may do");
    assert_eq!(world.ask_with_key("GET", "/manage").status, 200);
}

#[test]
fn a_key_in_the_query_is_refused_whatever_the_mode_and_never_logged() {
    for mode in ["Required", "Optional"] {
        let world = World::new(json!({"auth": {"mode": mode, "apiKeys": {}}}), &[]);
        let target = format!("/hello?api_key={}&a=1", world.key.reveal());
        let refused = world.ask("GET", &target, &[]);
        assert_eq!((refused.status, refused.code()), (401, "API_KEY_IN_QUERY".to_owned()));
        let secret = world.key.reveal()[10..40].to_owned();
        let line = world.log().remove(0);
        assert_eq!(line["path"], "/hello?api_key=[redacted]&a=1");
        assert!(!line.to_string().contains(&secret));
    }
}

#[test]
fn without_authentication_credentials_pass_unread() {
    let world = World::new(json!({"auth": {"mode": "None"}}), &[]);
    let fields = [("x-api-key", "the app's own"), ("authorization", "Basic x"), ("x-shipshape-key", "forged")];
    assert_eq!(world.ask("GET", "/?api_key=ship_x", &fields).status, 200);
    let received = world.app.last();
    assert_eq!(received.fields.text("x-api-key"), Some("the app's own"));
    assert!(received.fields.has("authorization") && !received.fields.has("x-shipshape-key"));
}

#[test]
fn a_reported_failure_goes_on_as_anonymous_and_forwards_no_identity() {
    let world = World::new(json!({"auth": {"apiKeys": {}, "enforcement": "Report"}}), &[]);
    assert_eq!(world.ask("GET", "/", &[("x-api-key", "wrong"), ("x-shipshape-key", "dev")]).status, 200);
    let received = world.app.last();
    assert!(!received.fields.has("x-shipshape-key") && !received.fields.has("x-api-key"));
    assert_eq!(world.ask_with_key("GET", "/").status, 200);
    assert_eq!(world.app.last().fields.text("x-shipshape-key"), Some("dev"));
    let metrics = world.metrics.render().unwrap();
    let counted = r#"shipshape_refusals_total{code="API_KEY_INVALID",mode="report",route="(default)"} 1"#;
    assert!(metrics.contains(counted), "{metrics}");
    let log = world.log();
    let told = json!([{"code": "API_KEY_INVALID", "field": "spec.policy.auth.apiKeys"}]);
    assert_eq!((&log[0]["wouldRefuse"], &log[0]["status"], &log[1]["key"]), (&told, &json!(200), &json!("dev")));
}

#[test]
fn scopes_can_be_reported_first() {
    let world =
        World::new(json!({"auth": {"apiKeys": {}}, "access": {"allScopes": ["admin"], "enforcement": "Report"}}), &[]);
    assert_eq!(world.ask_with_key("GET", "/").status, 200);
    let told = json!([{"code": "SCOPE_REQUIRED", "field": "spec.policy.access.allScopes"}]);
    assert_eq!(world.log()[0]["wouldRefuse"], told);
}

#[test]
fn only_a_trusted_proxy_says_who_the_client_is_and_how_it_came() {
    let policy = json!({"auth": {"mode": "None"}, "clientAddress": {"trustedProxies": ["10.0.0.0/8"]}});
    let mut world = World::new(policy, &[]);
    let fields = [("x-forwarded-for", "198.51.100.9"), ("x-forwarded-proto", "http"), ("x-request-id", "proxy-0001")];
    assert_eq!(world.ask("GET", "/", &fields).status, 200, "a stranger's X-Forwarded-Proto is not believed");
    world.connection.peer = "10.1.2.3:1".parse().unwrap();
    assert_eq!(world.ask("GET", "/", &fields).status, 308, "the proxy says that the client came in the clear");
    world.connection.tls = None;
    let secure = [("x-forwarded-for", "198.51.100.9"), ("x-forwarded-proto", "https"), ("x-request-id", "proxy-0001")];
    let seen = world.ask("GET", "/", &secure);
    assert_eq!((seen.status, seen.field("x-request-id")), (200, Some("proxy-0001")));
    assert!(seen.fields.has("strict-transport-security"));
    let received = world.app.last();
    assert_eq!(received.fields.text("x-forwarded-for"), Some("198.51.100.9, 10.1.2.3"));
    assert_eq!(received.fields.text("x-forwarded-proto"), Some("https"));
    let forged = [("x-forwarded-proto", "https"), ("x-forwarded-proto", "https, http")];
    assert_eq!(world.ask("GET", "/", &forged).status, 308, "the nearest proxy's word stands last");
    let log = world.log();
    let clients: Vec<_> = log.iter().map(|line| line["client"].clone()).collect();
    assert_eq!(clients, ["203.0.113.7", "198.51.100.9", "198.51.100.9", "10.1.2.3"]);
    assert_eq!((log[0].get("proxy"), &log[1]["proxy"]), (None, &json!("10.1.2.3")));
}

#[test]
fn the_default_policy_of_a_request_without_a_route_holds_for_odd_methods_too() {
    let world = World::new(json!({"auth": {"apiKeys": {}}}), &[]);
    for method in ["OPTIONS", "BREW", "PROPFIND"] {
        assert_eq!(world.send(head(method, "/", &[]), &[]).status, 401, "{method}");
    }
}
