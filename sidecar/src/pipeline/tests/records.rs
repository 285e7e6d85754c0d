//! What is written down of a request, whatever became of it.

use serde_json::{Value, json};

use crate::pipeline::refuse;
use crate::problem::{Code, Problem};
use crate::testing::{AppDoes, TestApp, TestClient, World, config, head};

#[test]
fn a_line_tells_what_became_of_a_request() {
    let world = World::new(json!({"auth": {"apiKeys": {}}}), &[("hello", "/hello", &[], json!({}))]);
    let fields = [("x-api-key", world.key.reveal()), ("user-agent", "curl/8")];
    world.ask("GET", "/hello?page=2", &fields);
    let line = world.log().remove(0);
    let expected = json!({
        "time": "2026-01-01T00:00:00.000Z", "requestId": line["requestId"], "service": "shop", "route": "hello",
        "method": "GET", "path": "/hello?page=2", "status": 200, "client": "203.0.113.7", "key": "dev",
        "subject": "team-a", "durationMs": 0.0, "upstreamMs": 0.0, "requestBytes": 0, "responseBytes": 5,
        "protocol": "HTTP/1.1", "tls": "TLSv1.3", "userAgent": "curl/8"});
    assert_eq!(line, expected);
}

#[test]
fn a_line_is_json_and_without_keys_whatever_the_client_sends() {
    let world = World::new(json!({"auth": {"mode": "None"}}), &[]);
    let mut request = head("G\"E\\T", "/a\"b?x=\u{1}&token=s3cret", &[]);
    request.fields.append("user-agent", vec![0xff, b'"', b'\n', 0x00]);
    world.send(request, &[]);
    world.ask("GET", &format!("/{}/x", world.key.reveal()), &[("user-agent", world.key.reveal())]);
    world.ask("GET", "/", &[("user-agent", &"a".repeat(5_000))]);
    let secret = world.key.reveal()[10..40].to_owned();
    let log = world.log();
    assert_eq!((&log[0]["method"], &log[0]["path"]), (&json!("G\"E\\T"), &json!("/a\"b?x=\u{1}&token=[redacted]")));
    assert!(!log[1].to_string().contains(&secret), "{}", log[1]);
    assert!(log[2]["userAgent"].as_str().unwrap().len() < 300);
}

#[test]
fn what_could_not_be_read_is_answered_and_written_down_too() {
    let world = World::new(json!({"auth": {"apiKeys": {}}}), &[]);
    let client = TestClient::default();
    let problem = Problem::new(Code::RequestMalformed, "Two lengths.").privately("content-length: 1, 2");
    let refused = refuse(&world.context, &world.rules, &world.connection, problem, client.clone());
    futures::executor::block_on(refused);
    let seen = client.seen.lock().unwrap().clone();
    assert_eq!((seen.status, seen.code()), (400, "REQUEST_MALFORMED".to_owned()));
    assert!(seen.fields.has("x-content-type-options") && seen.fields.has("x-request-id"));
    let metrics = world.metrics.render().unwrap();
    assert!(
        metrics.contains(r#"shipshape_requests_total{method="other",route="(unrouted)",status="400"} 1"#),
        "{metrics}"
    );
    let line = world.log().remove(0);
    assert_eq!((&line["reason"], &line["route"]), (&json!("content-length: 1, 2"), &json!("(unrouted)")));
}

#[test]
fn a_client_that_leaves_while_it_reads_is_written_down_with_the_status_it_saw() {
    let world = World::new(json!({"auth": {"mode": "None"}}), &[]);
    let client = TestClient { leaves_reading: true, ..TestClient::default() };
    world.send_stream(head("GET", "/", &[]), Box::pin(futures::stream::empty()), client);
    let line = world.log().remove(0);
    assert_eq!((&line["status"], &line["clientGone"], &line["responseBytes"]), (&json!(200), &json!(true), &json!(0)));
}

#[test]
fn a_request_that_is_dropped_is_written_down() {
    let mut world = World::new(json!({"auth": {"mode": "None"}}), &[]);
    world.app = TestApp::new(AppDoes::Hang);
    let body = Box::pin(futures::stream::empty());
    let request = crate::facts::Request { head: head("GET", "/", &[]), body: Some(body) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let handled = crate::pipeline::handle(
            &world.context,
            &world.rules,
            &world.connection,
            request,
            TestClient::default(),
            &world.app,
        );
        let mut handled = Box::pin(handled);
        assert!(futures::poll!(&mut handled).is_pending());
        assert_eq!(world.metrics.in_flight(), 1);
    });
    assert_eq!(world.metrics.in_flight(), 0);
    let line = world.log().remove(0);
    assert_eq!((&line["status"], &line["clientGone"]), (&json!(499), &json!(true)));
}

#[test]
fn everything_that_cannot_be_enforced_is_found_at_load() {
    let world = World::new(json!({"auth": {"mode": "None"}}), &[]);
    let mut config = config(
        json!({"rateLimits": [{"name": "x", "per": "IP", "requests": 1}]}),
        &[
            ("a", "/a/{id}", &[], json!({"auth": {"mode": "None"}})),
            ("b", "/A/{name}", &[], json!({"auth": {"mode": "None"}})),
        ],
    );
    config.hostnames.clear();
    let inputs = crate::pipeline::Inputs {
        config: std::sync::Arc::new(config),
        keys: crate::filters::api_key::KeyRing::empty(),
        limits: std::sync::Arc::default(),
        metrics: std::sync::Arc::clone(&world.metrics),
        ports: crate::pipeline::Ports { https: 1, http: 2 },
    };
    let findings = crate::pipeline::Rules::build(inputs).err().unwrap();
    let rules: std::collections::BTreeSet<_> = findings.iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, ["auth-chosen", "limit-whole", "routes-conflict"].into());
    assert!(findings.iter().all(|finding| !finding.message.is_empty()), "{findings:?}");
}

#[test]
fn the_same_request_reads_the_same_in_log_and_answer() {
    let world = World::new(json!({"auth": {"apiKeys": {}}}), &[]);
    let seen = world.ask("GET", "/", &[]);
    let problem: Value = serde_json::from_slice(&seen.body).unwrap();
    let id = seen.field("x-request-id").unwrap().to_owned();
    let line = world.log().remove(0);
    assert_eq!((&problem["requestId"], &line["requestId"]), (&json!(id), &json!(id)));
    assert_eq!((&line["code"], &line["field"]), (&json!("API_KEY_MISSING"), &json!("spec.policy.auth.apiKeys")));
}
