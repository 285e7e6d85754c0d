//! Very many connections: begun, unused, over the budget, or closed at once.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures::stream::{self, StreamExt};
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, Connection};
use serde_json::json;
use shipshape_tests::http::Client;
use shipshape_tests::wait::until;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::connect::{Alpn, Trust, plain};
use crate::siege::{Attack, Siege};
use crate::step::{Step, step};

/// How many connections are opened at the same moment.
const AT_ONCE: usize = 64;
const HANDSHAKES: usize = 5_000;
/// The budget of a pod is 10,000 connections.
const CROWD: usize = 12_000;
const SHED: usize = 1_900;
const CHURN: usize = 2_000;
/// What may be left, in KiB.
const LEFT: i64 = 1024;
/// What one connection may take while it is open, in KiB.
const EACH: i64 = 64;

pub fn steps() -> Vec<Step> {
    vec![
        step("crowd: handshakes that are never finished", handshakes),
        step("crowd: more connections than the budget", over_the_budget),
        step("crowd: connections that close at once", churn),
    ]
}

async fn handshakes() -> Result<()> {
    let mut siege = Siege::begin(&open_to_all()).await?;
    let hello = client_hello(&siege.sidecar.trust)?;
    let address = siege.sidecar.https;
    let begin = async || {
        let mut stream = plain(address).await?;
        stream.write_all(&hello).await?;
        // The sidecar has signed its part: that is what it can be made to do for nothing.
        stream.read_u8().await?;
        Ok(stream)
    };
    let first = many(HANDSHAKES, begin).await.len();
    let kept = siege.again().await?;
    let count = many(HANDSHAKES, begin).await.len();
    let end = format!("held; {} MB kept once", kept / 1024);
    siege.end(attack("tls handshakes never finished, twice", count, &end, count)).await?;
    ensure!(first.min(count) == HANDSHAKES, "only {first} and {count} of {HANDSHAKES} handshakes could be begun");
    Ok(())
}

async fn over_the_budget() -> Result<()> {
    let mut siege = Siege::begin_with_one_connection(&open_to_all()).await?;
    let address = siege.sidecar.http;
    let mut crowd = many(CROWD, async || plain(address).await).await;
    let before = crowd.len();
    let crowded = Instant::now();
    while before - crowd.len() < SHED && crowded.elapsed() < Duration::from_secs(8) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        crowd.retain(|stream| !is_closed(stream));
    }
    let refused = before - crowd.len();
    let probe = Client::new(siege.sidecar.admin, "localhost", None)?.get("/livez", &[]).await?;
    ensure!(probe.status == 200, "the admin port while there are too many connections: {probe:?}");
    let told = siege.sidecar.metric("shipshape_connections_refused_total").await?;
    ensure!(told > 0.0, "the metric does not tell of refused connections");
    drop(crowd);
    let trust = siege.sidecar.trust.clone();
    let https = siege.sidecar.https;
    until("new connections are taken again", Duration::from_secs(5), async || trust.tls(https, Alpn::Http1).await)
        .await?;
    let kept = siege.again().await?;
    let end = format!("{refused} shed; {} MB kept once", kept / 1024);
    siege.end(attack("connections over the budget", before, &end, before)).await?;
    ensure!(refused >= SHED, "only {refused} of {before} connections were shed");
    Ok(())
}

async fn churn() -> Result<()> {
    let mut siege = Siege::begin(&open_to_all()).await?;
    let ports = [siege.sidecar.http, siege.sidecar.https];
    let hello = client_hello(&siege.sidecar.trust)?;
    let turns = async || {
        let turns = stream::iter(0..CHURN).map(|turn| hit_and_run(ports[turn % 2], turn, &hello));
        turns.buffer_unordered(AT_ONCE).filter(|done| std::future::ready(done.is_ok())).count().await
    };
    let first = turns().await;
    let kept = siege.again().await?;
    let done = turns().await;
    until("all of them are gone", Duration::from_secs(5), async || {
        let open = siege.sidecar.metric("shipshape_connections").await?;
        ensure!(open <= 2.0, "{open} are open");
        Ok(())
    })
    .await?;
    let end = format!("all gone; {kept} KB kept once");
    siege.end(attack("connections closed at once, twice", done, &end, 512)).await?;
    ensure!(first.min(done) == CHURN, "only {first} and {done} of {CHURN} connections were taken");
    Ok(())
}

/// Connects, sends nothing, or half of something, and leaves, some with a reset.
async fn hit_and_run(address: SocketAddr, turn: usize, hello: &[u8]) -> Result<()> {
    let mut stream = plain(address).await?;
    match turn / 2 % 4 {
        0 => {}
        1 => stream.write_all(b"GET /half HTTP/1.1\r\nHo").await?,
        2 => stream.write_all(&hello[..hello.len() / 2]).await?,
        _ => stream.set_zero_linger()?,
    }
    Ok(())
}

/// Opens so many connections; those that could be opened.
async fn many(count: usize, open: impl AsyncFn() -> Result<TcpStream>) -> Vec<TcpStream> {
    let opening = stream::iter(0..count).map(|_| open());
    opening.buffer_unordered(AT_ONCE).filter_map(async |stream| stream.ok()).collect().await
}

/// Whether the other side has closed it; nothing is ever sent on these.
fn is_closed(stream: &TcpStream) -> bool {
    !matches!(stream.try_read(&mut [0]), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
}

/// The first flight of a handshake.
fn client_hello(trust: &Trust) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let client = ClientConnection::new(trust.config(Alpn::Http1), ServerName::try_from("localhost")?)?;
    Connection::from(client).write_tls(&mut bytes)?;
    Ok(bytes)
}

fn open_to_all() -> serde_json::Value {
    json!({"policy": {"auth": {"mode": "None"}, "tls": {"redirect": {"enforcement": "Disabled"}}}})
}

fn attack(kind: &str, count: usize, end: &str, at_once: usize) -> Attack {
    let (kind, end) = (kind.to_owned(), end.to_owned());
    let may_take = EACH.saturating_mul(i64::try_from(at_once).unwrap_or(i64::MAX));
    Attack { kind, amount: format!("{count} connections"), end, may_leave: LEFT, may_take }
}
