//! What the client gets: the app's answer dressed, or why there is none.

use serde_json::{Value, json};

use crate::testing::{AppDoes, TestApp, TestClient, World, head};
use crate::wire::{AppError, BodyError};

fn world(does: AppDoes) -> World {
    let mut world = World::new(json!({"auth": {"apiKeys": {}}, "timeouts": {"request": "5s"}}), &[]);
    world.app = TestApp::new(does);
    world
}

#[test]
fn the_apps_answer_is_dressed() {
    let fields =
        vec![("server", "nginx"), ("x-powered-by", "Express"), ("x-frame-options", "ALLOWALL"), ("etag", "\"1\"")];
    let seen = world(AppDoes::Answer(404, fields, "nothing")).ask_with_key("GET", "/");
    assert_eq!((seen.status, seen.body.as_slice()), (404, b"nothing".as_slice()));
    assert!(!seen.fields.has("server") && !seen.fields.has("x-powered-by"));
    assert_eq!((seen.field("x-frame-options"), seen.field("etag")), (Some("DENY"), Some("\"1\"")));
    assert_eq!(seen.field("cache-control"), Some("no-store"), "an identified caller's answer is not for others");
    assert_eq!(seen.field("x-request-id").map(str::len), Some(26));
}

#[test]
fn the_app_decides_on_caching_where_it_says_so() {
    let seen = world(AppDoes::Answer(200, vec![("cache-control", "max-age=60")], "x")).ask_with_key("GET", "/");
    assert_eq!(seen.field("cache-control"), Some("max-age=60"));
}

#[test]
fn a_refusal_is_dressed_as_well() {
    let seen = world(AppDoes::Echo).ask("GET", "/", &[]);
    for name in ["strict-transport-security", "content-security-policy", "x-content-type-options", "x-request-id"] {
        assert!(seen.fields.has(name), "{name}");
    }
}

#[test]
fn an_answer_to_head_says_its_length_and_has_no_body() {
    let whole = world(AppDoes::Echo).ask("GET", "/", &[]);
    let seen = world(AppDoes::Echo).ask("HEAD", "/", &[]);
    assert_eq!((seen.status, seen.body.len()), (401, 0));
    assert_eq!(seen.content_length, Some(whole.body.len() as u64));
}

#[test]
fn why_the_app_gave_no_answer_has_a_code_and_the_log_the_cause() {
    let cases = [
        (AppDoes::Fail(AppError::Connect("refused by 127.0.0.1".into())), 502, "APP_UNREACHABLE"),
        (AppDoes::Fail(AppError::Broken("end of file".into())), 502, "APP_BROKEN"),
        (AppDoes::Hang, 504, "APP_TIMEOUT"),
        (AppDoes::Fail(AppError::Request(BodyError::Framing("bad chunk".into()))), 400, "BODY_MALFORMED"),
        (AppDoes::Fail(AppError::Request(BodyError::Stalled)), 408, "BODY_TIMEOUT"),
    ];
    for (does, status, code) in cases {
        let world = world(does);
        let seen = world.ask_with_key("GET", "/");
        assert_eq!((seen.status, seen.code()), (status, code.to_owned()));
        assert!(!String::from_utf8_lossy(&seen.body).contains("127.0.0.1"), "the inside is nobody's business");
        assert_eq!(world.log()[0]["code"], code);
    }
}

#[test]
fn a_defect_ends_one_request_and_not_the_others() {
    let mut world = world(AppDoes::Panic);
    let seen = world.ask_with_key("GET", "/");
    assert_eq!((seen.status, seen.code()), (500, "INTERNAL".to_owned()));
    assert!(!String::from_utf8_lossy(&seen.body).contains("a defect"));
    world.app = TestApp::new(AppDoes::PanicInBody);
    assert_eq!(world.ask_with_key("GET", "/").status, 200);
    world.app = TestApp::new(AppDoes::Answer(200, Vec::new(), "fine"));
    assert_eq!(world.ask_with_key("GET", "/").body, b"fine");
    let metrics = world.metrics.render().unwrap();
    assert!(metrics.contains("shipshape_panics_total 2") && metrics.contains("shipshape_requests_in_flight 0"));
    let log = world.log();
    assert_eq!((log.len(), &log[0]["reason"]), (3, &Value::from("panicked: a defect")));
}

#[test]
fn a_client_that_goes_away_cancels_the_app_and_is_logged() {
    let world = world(AppDoes::Hang);
    let client = TestClient { leaves: true, ..TestClient::default() };
    let fields = [("x-api-key", world.key.reveal())];
    let seen = world.send_stream(head("GET", "/", &fields), Box::pin(futures::stream::empty()), client);
    assert_eq!(seen.status, 0);
    let metrics = world.metrics.render().unwrap();
    assert!(
        metrics.contains(r#"shipshape_requests_total{method="GET",route="(default)",status="499"} 1"#),
        "{metrics}"
    );
    let line = world.log().remove(0);
    assert_eq!((&line["status"], &line["clientGone"]), (&json!(499), &json!(true)));
}

#[test]
fn streams_pass_as_they_come() {
    let world = world(AppDoes::Echo);
    let key = [("x-api-key", world.key.reveal())];
    let seen = world.send(head("POST", "/", &key), &["ab", "cd"]);
    assert_eq!((seen.status, seen.body.as_slice(), seen.broken), (200, b"abcd".as_slice(), None));
    let line = world.log().remove(0);
    assert_eq!((&line["requestBytes"], &line["responseBytes"]), (&json!(4), &json!(4)));
}
