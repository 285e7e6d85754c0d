//! Calls of gRPC: refused in fields, and not answered for longer than their client waits.

use serde_json::json;

use crate::testing::{AppDoes, TestApp, World, head};
use crate::wire::{RequestHead, Version};

fn call(fields: &[(&'static str, &str)]) -> RequestHead {
    let mut head = head("POST", "/shop.Orders/Place", fields);
    head.fields.append("content-type", "application/grpc+proto");
    head.version = Version::Http2;
    head
}

#[test]
fn a_refusal_is_a_status_in_fields_and_is_logged_as_what_it_is() {
    let world = World::new(json!({"auth": {"mode": "Required", "apiKeys": {}}}), &[]);
    let seen = world.send(call(&[]), &[]);
    assert_eq!((seen.status, seen.field("grpc-status"), seen.body.len()), (200, Some("16"), 0));
    assert_eq!(seen.field("content-type"), Some("application/grpc"));
    assert!(seen.field("grpc-message").is_some_and(|message| !message.is_empty()));
    assert!(seen.field("x-request-id").is_some() && seen.content_length.is_none());
    let mut old = call(&[]);
    old.version = Version::Http11;
    assert_eq!(world.send(old, &[]).code(), "API_KEY_MISSING", "gRPC needs HTTP/2");
    let lines = world.log();
    assert_eq!((&lines[0]["status"], &lines[0]["code"]), (&json!(401), &json!("API_KEY_MISSING")));
}

#[test]
fn whoever_has_to_wait_is_told_so_in_words_of_grpc() {
    let limits = json!([{"name": "few", "per": "IP", "requests": 1, "window": "1h"}]);
    let world = World::new(json!({"auth": {"mode": "None"}, "rateLimits": limits}), &[]);
    assert_eq!(world.send(call(&[]), &[]).field("grpc-status"), None);
    let seen = world.send(call(&[]), &[]);
    assert_eq!((seen.status, seen.field("grpc-status")), (200, Some("8")));
    let seconds: u64 = seen.field("retry-after").unwrap().parse().unwrap();
    assert_eq!(seen.field("grpc-retry-pushback-ms"), Some((seconds * 1000).to_string().as_str()));
}

#[test]
fn the_app_is_not_waited_for_longer_than_the_client_waits() {
    let mut world = World::new(json!({"auth": {"mode": "None"}, "timeouts": {"request": "1h"}}), &[]);
    world.app = TestApp::new(AppDoes::Hang);
    let seen = world.send(call(&[("grpc-timeout", "250m")]), &[]);
    assert_eq!((seen.status, seen.field("grpc-status")), (200, Some("4")));
}
