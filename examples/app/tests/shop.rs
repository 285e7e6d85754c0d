//! The faults of the shop, one by one, as a real process: what Shipshape has to answer for.

mod common;

use common::Running;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PRODUCTS: &str = "/api/v1/products";

#[tokio::test]
async fn lists_everything_at_once_to_anybody() -> anyhow::Result<()> {
    let app = Running::start("shop")?;
    for path in [PRODUCTS, "/api/products", "/API/v1/Products/", "/api/v1/products?limit=1"] {
        let list = app.get(path).await?.json()?;
        assert_eq!(list.pointer("/data").and_then(Value::as_array).map(Vec::len), Some(300), "{path}");
        assert_eq!(list.pointer("/success"), Some(&json!(true)));
    }
    let category = app.get("/api/v1/categories/1").await?.json()?;
    assert_eq!(category.pointer("/data/products").and_then(Value::as_array).map(Vec::len), Some(50));
    Ok(())
}

#[tokio::test]
async fn anybody_may_write_and_markup_is_kept() -> anyhow::Result<()> {
    let app = Running::start("shop")?;
    let row = json!({"name": "<script>alert(1)</script>", "price": 1}).to_string();
    let made = app.send(Method::POST, PRODUCTS, &[], row).await?;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(made.json()?.pointer("/data/name"), Some(&json!("<script>alert(1)</script>")));
    let changed = app.send(Method::PUT, "/api/v1/products/301", &[], r#"{"price":0}"#).await?;
    assert_eq!(changed.json()?.pointer("/data/price"), Some(&json!(0)));
    let removed = app.send(Method::DELETE, "/api/v1/products/301", &[], "").await?;
    assert_eq!(removed.status, StatusCode::OK);
    assert_eq!(app.get("/api/v1/products/301").await?.status, StatusCode::NOT_FOUND);
    Ok(())
}

#[tokio::test]
async fn any_site_may_read_it_and_it_says_what_it_runs_on() -> anyhow::Result<()> {
    let app = Running::start("shop")?;
    for path in [PRODUCTS, "/nowhere"] {
        let answer = app.send(Method::GET, path, &[("origin", "https://evil.example")], "").await?;
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        assert_eq!(answer.header("x-powered-by"), Some("Express"), "{path}");
    }
    let preflight = app.send(Method::OPTIONS, PRODUCTS, &[("origin", "https://evil.example")], "").await?;
    assert_eq!(preflight.status, StatusCode::NO_CONTENT);
    assert!(preflight.header("access-control-allow-methods").is_some_and(|methods| methods.contains("DELETE")));
    Ok(())
}

#[tokio::test]
async fn it_sets_no_protective_headers_compresses_nothing_and_names_no_request() -> anyhow::Result<()> {
    let app = Running::start("shop")?;
    let answer = app.send(Method::GET, PRODUCTS, &[("accept-encoding", "gzip, br")], "").await?;
    let missing = ["content-encoding", "x-request-id", "strict-transport-security", "x-content-type-options", "etag"];
    for name in missing {
        assert_eq!(answer.header(name), None, "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn errors_leak_codes_and_stack_traces() -> anyhow::Result<()> {
    let app = Running::start("shop")?;
    let boom = app.get("/api/v1/products/boom").await?;
    assert_eq!(boom.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(boom.json()?.pointer("/code"), Some(&json!("22P02")));
    assert!(boom.text().contains("productController.js:94"));
    let column = app.send(Method::PUT, "/api/v1/products/1", &[], r#"{"price = 0, name":1}"#).await?;
    assert_eq!(column.json()?.pointer("/code"), Some(&json!("42703")));
    let syntax = app.send(Method::POST, PRODUCTS, &[], "{").await?;
    assert_eq!((syntax.status, syntax.text().contains("stack")), (StatusCode::BAD_REQUEST, true));
    Ok(())
}

#[tokio::test]
async fn bodies_may_have_ten_megabytes_everywhere() -> anyhow::Result<()> {
    let app = Running::start("shop")?;
    let large = json!({"name": "n", "description": "d".repeat(2_000_000)}).to_string();
    assert_eq!(app.send(Method::POST, "/api/v1/categories", &[], large).await?.status, StatusCode::CREATED);
    let most = vec![0_u8; 10 * 1024 * 1024];
    let taken = app.send(Method::POST, "/api/v1/uploads", &[], most.clone()).await?;
    assert_eq!(taken.json()?.pointer("/data/bytes"), Some(&json!(most.len())));
    let too_much = [most, vec![0]].concat();
    let refused = app.send(Method::POST, "/api/v1/uploads", &[], too_much).await?;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    Ok(())
}

#[tokio::test]
async fn passwords_may_be_guessed_for_ever() -> anyhow::Result<()> {
    let app = Running::start("shop")?;
    let guess = |password: &str| json!({"email": "demo@shop.example", "password": password}).to_string();
    for _ in 0..200 {
        let wrong = app.send(Method::POST, "/api/v1/auth/login", &[], guess("wrong")).await?;
        assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    }
    let right = app.send(Method::POST, "/api/v1/auth/login", &[], guess("correct horse battery staple")).await?;
    assert_eq!((right.status, right.header("set-cookie")), (StatusCode::OK, Some("connect.sid=demo; Path=/")));
    Ok(())
}

#[tokio::test]
async fn internal_pages_are_open() -> anyhow::Result<()> {
    let app = Running::start("shop")?;
    for path in ["/health", "/health/live", "/health/ready", "/metrics"] {
        assert_eq!(app.get(path).await?.status, StatusCode::OK, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn a_stop_loses_what_is_in_flight() -> anyhow::Result<()> {
    let mut app = Running::start("shop")?;
    let mut upload = TcpStream::connect(&app.address).await?;
    upload
        .write_all(b"POST /api/v1/uploads HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n")
        .await?;
    let mut answer = [0_u8; 25];
    upload.read_exact(&mut answer).await?;
    assert_eq!(&answer, b"HTTP/1.1 100 Continue\r\n\r\n", "the app is reading the body");
    app.terminate()?;
    assert_eq!(app.ended().await?.code(), Some(143));
    let mut rest = Vec::new();
    let lost = upload.read_to_end(&mut rest).await;
    assert!(lost.is_err() || rest.is_empty(), "answered: {}", String::from_utf8_lossy(&rest));
    Ok(())
}
