//! `shipshape try` shows what stands in front of an app, and fails where it is not what it should be.

use std::process::Command;

use crate::binary::{shipshape, text};
use crate::client::get;
use crate::running::Running;

/// The answers that every trial must show, in order.
const ANSWERS: [&str; 8] = [
    "401  API_KEY_MISSING",
    "401  API_KEY_INVALID",
    "200",
    "401  API_KEY_IN_QUERY",
    "413  BODY_TOO_LARGE",
    "413  BODY_TOO_LARGE",
    "429  RATE_LIMITED",
    "308",
];

fn assert_answers(shown: &str) {
    let lines: Vec<&str> = shown.lines().filter(|line| line.contains("/hello") || line.contains("/echo")).collect();
    assert!(lines.len() >= ANSWERS.len(), "{shown}");
    for (line, answer) in lines.iter().zip(ANSWERS) {
        assert!(line.contains(&format!("  {answer}")), "{line} is not {answer}\n{shown}");
    }
}

#[test]
fn the_quickstart_answers_as_the_table_says() {
    let output = shipshape(&["try"]);
    assert!(output.status.success(), "{output:?}");
    assert_answers(&text(&output));
    assert!(text(&output).contains("31st in a minute"), "{}", text(&output));
    assert!(text(&output).contains("api_key=[redacted]"), "{}", text(&output));
}

#[test]
fn it_keeps_serving_what_it_prints() {
    let mut kept = Running::start(&["try", "--keep"]);
    let line = kept.line("curl --cacert");
    let words: Vec<String> = line.split_whitespace().map(|word| word.trim_matches('\'').to_owned()).collect();
    let after = |word: &str| words[words.iter().position(|other| other == word).unwrap() + 1].clone();
    let (ca, key) = (after("--cacert"), after("X-API-Key:"));
    // The limit is used up: the key is known, and the request is refused for its rate.
    assert_eq!(get(kept.address("https"), ca.as_ref(), "/hello", Some(&key)).0, 429);
    kept.line("RATE_LIMITED spec.policy.rateLimits[per-client]");
    assert!(kept.end().success());
}

#[test]
fn a_running_service_is_asked_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let policy = "{auth: {apiKeys: {}}, rateLimits: [{name: a, per: Client, requests: 12, window: 1m}]}";
    let mut local = Running::local(folder.path(), policy, &["--once"]);
    let output = ask(&local.key(), &local, folder.path());
    assert!(output.status.success(), "{output:?}");
    assert_answers(&text(&output));
    assert!(text(&output).contains("13th in a minute"), "{}", text(&output));
}

#[test]
fn a_service_without_protection_fails() {
    let folder = tempfile::tempdir().unwrap();
    let policy = "{auth: {mode: None}, rateLimits: [{name: a, per: IP, requests: 20, window: 1m}]}";
    let local = Running::local(folder.path(), policy, &["--once"]);
    let output = ask("ship_dev_x", &local, folder.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("expected 401 API_KEY_MISSING"), "{output:?}");
}

#[test]
fn a_certificate_of_somebody_else_is_refused() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let local = Running::local(folder.path(), "{auth: {mode: None}}", &["--once"]);
    let foreign = Running::local(other.path(), "{auth: {mode: None}}", &["--once"]);
    let output = ask("x", &local, other.path());
    drop(foreign);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no TLS with"), "{output:?}");
}

fn ask(key: &str, local: &Running, state: &std::path::Path) -> std::process::Output {
    let (https, http) = (local.address("https"), local.address("http"));
    Command::new(env!("CARGO_BIN_EXE_shipshape"))
        .env("SHIPSHAPE_KEY", key)
        .args(["try", "--url", &format!("https://localhost:{}", https.port())])
        .args(["--http-url", &format!("http://localhost:{}", http.port()), "--resolve", "127.0.0.1"])
        .arg("--cacert")
        .arg(state.join("state/ca.pem"))
        .output()
        .unwrap()
}
