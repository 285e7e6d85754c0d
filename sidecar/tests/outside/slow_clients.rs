//! Clients that take their time: they lose their connection, and nobody else loses anything.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

use crate::common::{App, Config, Program, eventually, exchange};

fn impatient(app: &App) -> Config {
    Config::new(
        app.address,
        json!({"auth": {"mode": "None"}, "tls": {"redirect": {"enforcement": "Disabled"}},
            "timeouts": {"bodyIdle": "1s", "request": "5s"}}),
    )
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_cut_over_http1() {
    let app = App::start().await;
    let program = Program::owning(impatient(&app));
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(program.http).await.unwrap();
    stream.write_all(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    eventually("the app's connection is closed", async || {
        (app.requests() == 1 && app.open_connections() == 0).then_some(())
    })
    .await;
    let mut taken = Vec::new();
    // The kernel may report the cut as a reset.
    let _ = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut taken)).await.unwrap();
    assert!(taken.len() < 16 << 20, "the whole answer was delivered");
}

#[tokio::test]
async fn a_body_that_stalls_is_answered_408() {
    let app = App::start().await;
    let program = Program::owning(impatient(&app));
    let started = Instant::now();
    let part = b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf";
    let answer = exchange(program.http, part).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("BODY_TIMEOUT"), "{answer}");
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn half_a_handshake_ends_after_ten_seconds() {
    let app = App::start().await;
    let program = Program::owning(Config::open(app.address));
    let started = Instant::now();
    // The first bytes of a ClientHello.
    assert_eq!(exchange(program.https, &[0x16, 0x03, 0x01, 0x02, 0x00, 0x01]).await, "");
    assert!((9..13).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
}
