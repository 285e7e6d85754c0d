//! The admin port.

use serde_json::json;

use crate::common::{App, Config, Http1, Program, eventually};

#[tokio::test]
async fn probes_metrics_and_revision_are_answered() {
    let app = App::start().await;
    let config = Config::open(app.address);
    let program = Program::start(&config);
    let mut admin = Http1::plain(program.admin).await;
    for path in ["/livez", "/readyz", "/app/live"] {
        assert_eq!(admin.get(path).await.unwrap().status, 200, "{path}");
    }
    let revision = admin.get("/revision").await.unwrap().json();
    assert_eq!((&revision["revision"], &revision["complete"]), (&json!("r1"), &json!(true)));
    assert_eq!((&revision["podUid"], &revision["error"]), (&json!("pod-1"), &json!(null)));
    assert_eq!(revision["waitingFor"], json!([]));
    let metrics = admin.get("/metrics").await.unwrap();
    assert_eq!(metrics.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert!(metrics.text().contains(r#"shipshape_config_info{revision="r1"} 1"#), "{}", metrics.text());
    assert_eq!(admin.get("/quit").await.unwrap().status, 404);
}

#[tokio::test]
async fn readiness_asks_the_app_at_its_path() {
    let app = App::start().await;
    let mut config = Config::open(app.address);
    config.change(|config| config.app.ready_path = Some("/unready".into())).write("r1");
    let program = Program::start(&config);
    let mut admin = Http1::plain(program.admin).await;
    assert_eq!(admin.get("/readyz").await.unwrap().status, 503);
    assert_eq!(admin.get("/app/live").await.unwrap().status, 200);
    config.change(|config| config.app.ready_path = Some("/fine".into())).write("r2");
    eventually("the app is ready", async || (admin.get("/readyz").await.unwrap().status == 200).then_some(())).await;
}

#[tokio::test]
async fn an_app_that_is_gone_is_neither_ready_nor_alive() {
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let program = Program::owning(Config::open(gone));
    let mut admin = Http1::plain(program.admin).await;
    assert_eq!(admin.get("/readyz").await.unwrap().status, 503);
    assert_eq!(admin.get("/app/live").await.unwrap().status, 503);
    assert_eq!(admin.get("/livez").await.unwrap().status, 200);
}
