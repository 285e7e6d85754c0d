//! The friendly app, route by route, as a real process.

mod common;

use common::Running;
use hyper::{Method, StatusCode};
use serde_json::json;

#[tokio::test]
async fn greets_in_its_hosts_name() -> anyhow::Result<()> {
    let app = Running::start("hello")?;
    let answer = app.get("/hello").await?;
    assert_eq!((answer.status, answer.text().as_str()), (StatusCode::OK, "hello from test-host\n"));
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    let head = app.send(Method::HEAD, "/hello", &[], "").await?;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    Ok(())
}

#[tokio::test]
async fn echoes_large_bodies_with_their_type() -> anyhow::Result<()> {
    let app = Running::start("hello")?;
    let body = vec![7_u8; 3_000_000];
    for path in ["/echo", "/stream"] {
        let answer = app.send(Method::POST, path, &[("content-type", "application/x-seven")], body.clone()).await?;
        assert_eq!(answer.header("content-type"), Some("application/x-seven"), "{path}");
        assert_eq!(answer.body, body, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn shows_the_request_as_it_arrived() -> anyhow::Result<()> {
    let app = Running::start("hello")?;
    let answer = app.send(Method::GET, "/headers?x=%2F", &[("X-A", "1"), ("x-a", "2")], "").await?.json()?;
    assert_eq!(answer.pointer("/target"), Some(&json!("/headers?x=%2F")));
    assert_eq!(answer.pointer("/headers/x-a"), Some(&json!(["1", "2"])));
    assert_eq!(answer.pointer("/headers/host"), Some(&json!(["app.test"])));
    Ok(())
}

#[tokio::test]
async fn makes_bodies_and_waits_within_bounds() -> anyhow::Result<()> {
    let app = Running::start("hello")?;
    assert_eq!(app.get("/bytes?n=1000000").await?.body.len(), 1_000_000);
    assert_eq!(app.get("/bytes?n=100000001").await?.status, StatusCode::BAD_REQUEST);
    assert_eq!(app.get("/slow?ms=5").await?.text(), "waited 5 ms\n");
    assert_eq!(app.get("/slow?ms=60001").await?.status, StatusCode::BAD_REQUEST);
    Ok(())
}

#[tokio::test]
async fn counts_what_it_has_seen() -> anyhow::Result<()> {
    let app = Running::start("hello")?;
    app.get("/hello?a=1").await?;
    app.get("/hello").await?;
    assert_eq!(app.get("/nowhere").await?.status, StatusCode::NOT_FOUND);
    assert_eq!(app.get("/count").await?.json()?, json!({"/count": 1, "/hello": 2, "/nowhere": 1}));
    assert!(app.get("/metrics").await?.text().contains("example_app_requests_total 5\n"));
    Ok(())
}

#[tokio::test]
async fn fails_refuses_methods_and_is_healthy() -> anyhow::Result<()> {
    let app = Running::start("hello")?;
    let failed = app.get("/fail").await?;
    assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(failed.text().contains("prices.js:42:17"));
    let refused = app.get("/echo").await?;
    assert_eq!((refused.status, refused.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, Some("POST")));
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(app.get(path).await?.status, StatusCode::OK, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn finishes_what_is_in_flight_before_it_stops() -> anyhow::Result<()> {
    let mut app = Running::start("hello")?;
    let (slow, ended) = {
        let slow = app.get("/slow?ms=700");
        let stop = async {
            while app.get("/count").await?.json()?.get("/slow").is_none() {}
            app.terminate()
        };
        tokio::join!(slow, stop)
    };
    ended?;
    assert_eq!(slow?.text(), "waited 700 ms\n");
    assert!(app.ended().await?.success());
    Ok(())
}
