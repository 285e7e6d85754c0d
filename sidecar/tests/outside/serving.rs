//! Requests from the client to the app and back.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, StreamBody};
use hyper::Request;
use hyper::body::Frame;
use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::common::{App, Config, Http1, Http2, Program, empty, eventually, read_all, tls, tls_by, tls_config, whole};

#[tokio::test]
async fn both_versions_of_tls_and_both_protocols_are_served() {
    let app = App::start().await;
    let program = Program::owning(Config::open(app.address));
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let session = tls(program.https, &program.certificate, &["h2", "http/1.1"], &[version]).await.unwrap();
        assert_eq!(session.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
        assert_eq!(session.get_ref().1.protocol_version(), Some(version.version));
    }
    let mut one = Http1::secure(program.https, &program.certificate).await;
    let answer = one.get("/hello?x=1").await.unwrap();
    assert_eq!((answer.status, answer.text().starts_with("GET /hello?x=1")), (200, true), "{answer:?}");
    assert!(answer.header("date").is_some() && answer.header("server").is_none(), "{answer:?}");
    let mut two = Http2::secure(program.https, &program.certificate).await;
    assert_eq!(two.get("/hello").await.unwrap().status, 200);
}

#[tokio::test]
async fn the_oldest_version_of_tls_is_the_policy_s() {
    let app = App::start().await;
    let policy = json!({"auth": {"mode": "None"}, "tls": {"minVersion": "TLSv1.3"}});
    let program = Program::owning(Config::new(app.address, policy));
    assert!(tls(program.https, &program.certificate, &[], &[&rustls::version::TLS12]).await.is_err());
    assert!(tls(program.https, &program.certificate, &[], &[&rustls::version::TLS13]).await.is_ok());
}

#[tokio::test]
async fn sessions_resume_also_after_a_new_configuration() {
    let app = App::start().await;
    let mut config = Config::open(app.address);
    let program = Program::start(&config);
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let client = tls_config(&program.certificate, &["http/1.1"], &[version]);
        let handshake = async || {
            let mut session = tls_by(program.https, &client).await.unwrap();
            // Tickets come after the handshake: the answer's arrival tells that they have come too.
            session.write_all(b"GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
            read_all(&mut session).await;
            session.get_ref().1.handshake_kind().unwrap()
        };
        assert_eq!(handshake().await, rustls::HandshakeKind::Full);
        assert_eq!(handshake().await, rustls::HandshakeKind::Resumed);
        let next = format!("after-{version:?}");
        config.write(&next);
        let is_next = async || {
            let told = Http1::plain(program.admin).await.get("/revision").await.unwrap().json();
            (told["revision"] == next).then_some(())
        };
        eventually("the next revision is in force", is_next).await;
        assert_eq!(handshake().await, rustls::HandshakeKind::Resumed);
    }
}

#[tokio::test]
async fn plain_text_on_the_port_of_tls_ends_the_connection() {
    let app = App::start().await;
    let program = Program::owning(Config::open(app.address));
    let mut stream = tokio::net::TcpStream::connect(program.https).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    assert!(!read_all(&mut stream).await.contains("HTTP/1.1"));
}

#[tokio::test]
async fn any_address_takes_ipv4_too_and_shows_it_plainly() {
    let app = App::start().await;
    let mut config = Config::open(app.address);
    config.change(|config| config.listen.http = "[::]:0".to_owned()).write("r1");
    let program = Program::owning(config);
    let asked = async |address: IpAddr| {
        Http1::plain(SocketAddr::new(address, program.http.port())).await.get("/x").await.unwrap().text()
    };
    let told = asked(Ipv4Addr::LOCALHOST.into()).await;
    assert!(told.contains(r#""x-forwarded-for": "127.0.0.1""#), "{told}");
    // A machine without IPv6 has fallen back.
    if program.http.is_ipv6() {
        let told = asked(Ipv6Addr::LOCALHOST.into()).await;
        assert!(told.contains(r#""x-forwarded-for": "::1""#), "{told}");
    }
}

#[tokio::test]
async fn connections_to_the_app_are_used_again() {
    let app = App::start().await;
    let program = Program::owning(Config::open(app.address));
    let mut client = Http1::plain(program.http).await;
    for _ in 0..20 {
        assert_eq!(client.get("/x").await.unwrap().status, 200);
    }
    assert_eq!((app.connections(), app.requests()), (1, 20));
}

/// The app sends back what comes as it comes: the second piece is sent only after the first came back.
async fn echo_in_steps(open: impl AsyncFnOnce(Request<crate::common::Body>) -> hyper::Response<hyper::body::Incoming>) {
    let (pieces, body) = tokio::sync::mpsc::channel::<Result<Frame<Bytes>, std::convert::Infallible>>(1);
    let body = StreamBody::new(futures::stream::unfold(body, async |mut body| Some((body.recv().await?, body))));
    let request = Request::post("https://localhost/echo").header("host", "localhost").body(body.boxed()).unwrap();
    pieces.send(Ok(Frame::data("one".into()))).await.unwrap();
    let mut answer = open(request).await;
    assert_eq!(answer.status(), 200);
    let mut next = async || answer.body_mut().frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(next().await, "one");
    pieces.send(Ok(Frame::data("two".into()))).await.unwrap();
    assert_eq!(next().await, "two");
    drop(pieces);
    // HTTP/2 may end a stream with an empty frame.
    while let Some(frame) = answer.body_mut().frame().await {
        assert!(frame.unwrap().into_data().unwrap().is_empty());
    }
}

#[tokio::test]
async fn bodies_stream_both_ways_at_once_over_http1() {
    let app = App::start().await;
    let program = Program::owning(Config::open(app.address));
    let mut client = Http1::secure(program.https, &program.certificate).await;
    echo_in_steps(async |request| {
        let (mut parts, body) = request.into_parts();
        parts.uri = "/echo".parse().unwrap();
        client.open(Request::from_parts(parts, body)).await.unwrap()
    })
    .await;
}

#[tokio::test]
async fn bodies_stream_both_ways_at_once_over_http2() {
    let app = App::start().await;
    let program = Program::owning(Config::open(app.address));
    let mut client = Http2::secure(program.https, &program.certificate).await;
    echo_in_steps(async |request| client.open(request).await.unwrap()).await;
}

#[tokio::test]
async fn a_large_body_comes_back_whole() {
    let app = App::start().await;
    let program = Program::owning(Config::open(app.address));
    let sent = Bytes::from(vec![b'x'; 1 << 20]);
    let body = || http_body_util::Full::new(sent.clone()).boxed();
    let mut two = Http2::secure(program.https, &program.certificate).await;
    let request = Request::post("https://localhost/echo").body(body()).unwrap();
    let answer = whole(two.open(request).await.unwrap()).await.unwrap();
    assert_eq!((answer.status, answer.body == sent), (200, true));
    let mut one = Http1::plain(program.http).await;
    let request = Request::post("/echo").header("host", "localhost").body(body()).unwrap();
    let answer = whole(one.open(request).await.unwrap()).await.unwrap();
    assert_eq!((answer.status, answer.body == sent), (200, true));
}

#[tokio::test]
async fn an_answer_to_head_has_no_body_and_the_length_of_get() {
    let app = App::start().await;
    let program = Program::owning(Config::open(app.address));
    for path in ["/x", "/echo"] {
        let mut client = Http1::plain(program.http).await;
        let request = Request::head(path).header("host", "localhost").body(empty()).unwrap();
        let answer = whole(client.open(request).await.unwrap()).await.unwrap();
        assert_eq!((answer.status, answer.body.len()), (200, 0));
    }
}

#[tokio::test]
async fn many_streams_of_one_connection_are_served_at_once() {
    let app = App::start().await;
    let program = Program::owning(Config::open(app.address));
    let client = Http2::secure(program.https, &program.certificate).await;
    let started = std::time::Instant::now();
    let asked = (0..50).map(|_| {
        let mut client = client.clone();
        async move { client.get("/slow/300").await.unwrap().status }
    });
    let answers = futures::future::join_all(asked).await;
    assert!(answers.iter().all(|status| *status == 200), "{answers:?}");
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_client_that_leaves_cancels_the_app_s_request() {
    let app = App::start().await;
    let program = Program::owning(Config::open(app.address));
    let mut stream = tokio::net::TcpStream::connect(program.http).await.unwrap();
    stream.write_all(b"GET /slow/60000 HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    eventually("the app was asked", async || (app.requests() == 1).then_some(())).await;
    drop(stream);
    eventually("the app's connection is closed", async || (app.open_connections() == 0).then_some(())).await;
}
