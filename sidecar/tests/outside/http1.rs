//! HTTP/1 as bytes: what is ambiguous is refused with a document, and what is legal is served.

use serde_json::Value;
use tokio::io::AsyncWriteExt;

use crate::common::{App, Config, Program, exchange, read_all};

/// Status and problem code of an answer.
fn judged(answer: &str) -> (u16, String) {
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
    let code = serde_json::from_str::<Value>(body).ok().and_then(|body| body["code"].as_str().map(str::to_owned));
    (status, code.unwrap_or_default())
}

#[tokio::test]
async fn what_has_two_meanings_is_refused_with_a_document() {
    let app = App::start().await;
    let program = Program::owning(Config::open(app.address));
    let cases: [(&str, u16, &str); 12] = [
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "REQUEST_MALFORMED"),
        ("GET / HTTP/1.1\r\n\r\n", 400, "HOST_MISSING"),
        ("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "REQUEST_MALFORMED"),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400, "REQUEST_MALFORMED"),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n", 400, "REQUEST_MALFORMED"),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400, "REQUEST_MALFORMED"),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na", 400, "REQUEST_MALFORMED"),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "REQUEST_MALFORMED"),
        ("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400, "REQUEST_MALFORMED"),
        ("GET / HTTP/9.9\r\nHost: a\r\n\r\n", 505, "VERSION_UNSUPPORTED"),
        ("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 501, "METHOD_UNSUPPORTED"),
        ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n", 400, "REQUEST_MALFORMED"),
    ];
    for (bytes, status, code) in cases {
        let answer = exchange(program.http, bytes.as_bytes()).await;
        assert_eq!(judged(&answer), (status, code.to_owned()), "{bytes:?} was answered {answer:?}");
        assert!(answer.contains("x-request-id"), "{answer}");
    }
    assert_eq!(app.requests(), 0);
}

#[tokio::test]
async fn a_head_beyond_every_limit_gets_a_document_too() {
    let app = App::start().await;
    let program = Program::owning(Config::open(app.address));
    let large = format!("GET / HTTP/1.1\r\nHost: a\r\nX-Large: {}\r\n\r\n", "x".repeat(200_000));
    assert_eq!(judged(&exchange(program.http, large.as_bytes()).await), (431, "HEADERS_TOO_LARGE".into()));
    let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(70_000));
    assert_eq!(judged(&exchange(program.http, long.as_bytes()).await), (414, "URL_TOO_LONG".into()));
}

#[tokio::test]
async fn what_is_legal_is_served() {
    let app = App::start().await;
    let program = Program::owning(Config::open(app.address));
    for bytes in [
        "\r\nGET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "GET http://localhost/x HTTP/1.1\r\nHost: LOCALHOST\r\nConnection: close\r\n\r\n",
        "GET /x HTTP/1.0\r\n\r\n",
        "GET /x HTTP/1.1\r\nHost: localhost\r\nTE: gzip\r\nConnection: TE, close\r\n\r\n",
        "GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab",
    ] {
        let answer = exchange(program.http, bytes.as_bytes()).await;
        assert_eq!(judged(&answer).0, 200, "{bytes:?} was answered {answer:?}");
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        assert!(!body.contains("upgrade") && !body.contains("\"te\""), "hop-by-hop fields reached the app: {body}");
    }
}

#[tokio::test]
async fn a_client_may_wait_for_100_continue() {
    let app = App::start().await;
    let program = Program::owning(Config::open(app.address));
    let mut stream = tokio::net::TcpStream::connect(program.http).await.unwrap();
    let head = "POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut interim = [0; 25];
    tokio::io::AsyncReadExt::read_exact(&mut stream, &mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"ok").await.unwrap();
    assert!(read_all(&mut stream).await.ends_with("ok"));
}

#[tokio::test]
async fn a_body_that_would_be_refused_is_not_asked_for() {
    let app = App::start().await;
    let program = Program::owning(Config::open(app.address));
    let head = "POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2097152\r\n\r\n";
    let answer = exchange(program.http, head.as_bytes()).await;
    assert_eq!(judged(&answer), (413, "BODY_TOO_LARGE".into()), "{answer}");
}

#[tokio::test]
async fn a_body_beyond_its_limit_is_refused_before_it_is_sent_and_the_answer_arrives() {
    let app = App::start().await;
    let program = Program::owning(Config::open(app.address));
    let mut stream = tokio::net::TcpStream::connect(program.http).await.unwrap();
    stream.write_all(b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2097152\r\n\r\n").await.unwrap();
    // What is sent on regardless must not make the kernel drop the answer.
    stream.write_all(&vec![b'x'; 1 << 20]).await.unwrap();
    let answer = read_all(&mut stream).await;
    assert_eq!(judged(&answer), (413, "BODY_TOO_LARGE".into()), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    assert_eq!(app.requests(), 0);
}

#[tokio::test]
async fn a_head_that_does_not_arrive_in_time_is_answered_408() {
    let app = App::start().await;
    let policy = serde_json::json!({"auth": {"mode": "None"}, "timeouts": {"head": "1s", "idle": "2s"},
        "tls": {"redirect": {"enforcement": "Disabled"}}});
    let program = Program::owning(Config::new(app.address, policy));
    let answer = exchange(program.http, b"GET / HTTP/1.1\r\nHost: loc").await;
    assert_eq!(judged(&answer), (408, "HEAD_TIMEOUT".into()), "{answer}");
    assert_eq!(exchange(program.http, b"").await, "", "a silent connection is closed without a word");
    let idle = exchange(program.http, b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert_eq!(judged(&idle).0, 200, "an idle connection is closed after its answer");
}
