//! `shipshape local` protects a real app with the very sidecar, end to end.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::binary::{shipshape, text};
use crate::client::get;
use crate::running::{Running, rewrite, write_service};

/// The port of the service's app.
fn port(folder: &Path) -> u16 {
    let text = std::fs::read_to_string(folder.join("service.yaml")).unwrap();
    text.split("port: ").nth(1).unwrap().split('}').next().unwrap().parse().unwrap()
}

#[test]
fn a_file_protects_an_app_and_its_changes_apply_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut local = Running::local(folder, "{auth: {apiKeys: {}}}", &[]);
    let (https, ca, key) = (local.address("https"), folder.join("state/ca.pem"), local.key());

    assert_eq!(get(https, &ca, "/hello", None).0, 401);
    let (status, body) = get(https, &ca, "/hello", Some(&key));
    assert_eq!((status, body.starts_with("hello from")), (200, true), "{body}");
    assert!(local.line(" 401 ").contains("GET /hello 401 API_KEY_MISSING"));
    assert!(local.line(" 200 ").contains("GET /hello 200"));
    assert!(!local.seen.iter().skip_while(|line| !line.contains(" 401 ")).any(|line| line.contains(&key)));

    rewrite(folder, port(folder), "{auth: {mode: none}}");
    assert!(local.line("auth.mode").contains("service.yaml:6: spec.policy.auth.mode: "));
    local.line("the last good policy stays in force");
    assert_eq!(get(https, &ca, "/hello", None).0, 401);

    rewrite(folder, port(folder), "{auth: {mode: None}}");
    local.line("applied, revision");
    assert_eq!(get(https, &ca, "/hello", None).0, 200);

    let app = SocketAddr::from(([127, 0, 0, 1], port(folder)));
    assert!(local.end().success());
    assert!(TcpStream::connect(app).is_err(), "the app still listens");
}

#[test]
fn a_key_is_shown_once_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = Running::local(folder.path(), "{auth: {apiKeys: {}}}", &["--once"]);
    let key = first.key();
    assert!(first.end().success());
    let mut second = Running::local(folder.path(), "{auth: {apiKeys: {}}}", &["--once"]);
    assert_eq!(get(second.address("https"), &folder.path().join("state/ca.pem"), "/hello", Some(&key)).0, 200);
    second.line(" 200 ");
    assert!(!second.seen.iter().any(|line| line.contains("a key to try")), "{:?}", second.seen);
    assert!(second.end().success());
}

#[test]
fn two_cannot_serve_one_service_from_one_folder() {
    let folder = tempfile::tempdir().unwrap();
    let first = Running::local(folder.path(), "{auth: {mode: None}}", &["--once"]);
    let (file, state) = (folder.path().join("service.yaml"), folder.path().join("state"));
    let second = shipshape(&["local", "-f", file.to_str().unwrap(), "--state", state.to_str().unwrap()]);
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&second.stderr).contains("--state"), "{second:?}");
    assert!(first.end().success());
}

#[test]
fn the_configuration_can_be_had_without_serving() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let quickstart = "../../examples/quickstart";
    let output = shipshape(&["local", "-f", quickstart, "--state", state.to_str().unwrap(), "--print-config"]);
    assert!(output.status.success(), "{output:?}");
    let config: Value = serde_json::from_slice(&output.stdout).unwrap();
    for name in config["files"]["digests"].as_object().unwrap().keys() {
        assert!(state.join(name).is_file(), "{name}");
    }
    std::fs::write(state.join("config.json"), text(&output)).unwrap();
    let judged = shipshape_sidecar::live_config::check(&state.join("config.json"));
    assert!(judged.is_ok(), "{judged:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("ship_") && told.contains("(first, shown once)"), "{told}");
}

#[test]
fn a_mistake_at_the_start_is_told_and_nothing_is_started() {
    let folder = tempfile::tempdir().unwrap();
    write_service(folder.path(), "{}");
    let file = folder.path().join("service.yaml");
    let marker = folder.path().join("started");
    let output = shipshape(&["local", "-f", file.to_str().unwrap(), "--", "touch", marker.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("choose how callers are identified"), "{output:?}");
    assert!(!marker.exists());
}

#[test]
fn the_start_says_what_is_protected_and_what_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let shop = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/shop");
    let (state, free) = (state.to_str().unwrap(), "127.0.0.1:0");
    let places = ["--state", state, "--https", free, "--http", free, "--app", "127.0.0.1:9", "--once"];
    let mut local = Running::start(&[&["local", "-f", shop][..], &places].concat());
    local.line("skipped here  3 pods, probes, resources, network policy");
    let protected = local.line("protected by");
    for words in ["TLS", "API keys", "100 in 15m per address", "30 in 1m per client", "50Ki bodies"] {
        assert!(protected.contains(words), "{words}: {protected}");
    }
    let keys: Vec<&String> = local.seen.iter().filter(|line| line.contains("a key to try")).collect();
    assert_eq!(keys.len(), 3, "{keys:?}");
    // Nothing listens where the app should be.
    let key = local.seen.iter().find(|line| line.contains("(admin,")).unwrap();
    let key = key.split_whitespace().find(|word| word.starts_with("ship_")).unwrap().to_owned();
    assert_eq!(get(local.address("https"), &folder.path().join("state/ca.pem"), "/any", Some(&key)).0, 502);
    assert!(local.end().success());
}

#[test]
fn the_end_of_the_app_is_the_end_of_everything() {
    let folder = tempfile::tempdir().unwrap();
    write_service(folder.path(), "{auth: {mode: None}}");
    let (file, state) = (folder.path().join("service.yaml"), folder.path().join("state"));
    let (file, state, free) = (file.to_str().unwrap(), state.to_str().unwrap(), "127.0.0.1:0");
    let fifo = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let script = r#""$0" example-app hello & read line < "$1"; exit 7"#;
    let app = ["--", "sh", "-c", script, env!("CARGO_BIN_EXE_shipshape"), fifo.to_str().unwrap()];
    let first = ["local", "-f", file, "--state", state, "--https", free, "--http", free, "--once"];
    let local = Running::start(&[&first[..], &app].concat());
    assert_eq!(get(local.address("https"), &folder.path().join("state/ca.pem"), "/hello", None).0, 200);
    std::fs::write(&fifo, "end\n").unwrap();
    assert_eq!(local.ended().code(), Some(1));
    let app = SocketAddr::from(([127, 0, 0, 1], port(folder.path())));
    assert!(TcpStream::connect(app).is_err(), "what the app started still listens");
}
