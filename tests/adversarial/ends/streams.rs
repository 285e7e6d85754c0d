//! WebSockets and server-sent events when the pod ends: they would go on for ever, and have to end in time.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures::future::join_all;
use serde_json::json;
use shipshape_tests::http::Client as Asker;
use shipshape_tests::wait::until;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;

use crate::app::{App, WEBSOCKET_KEY};
use crate::connect::{Alpn, Stream};
use crate::http2::connection::Connection;
use crate::http2::frames::{headers, request};
use crate::sidecar::Sidecar;
use crate::step::{Step, step};
use crate::table::{self, Row};

/// How long after the beginning of a drain streams end.
const DRAIN: Duration = Duration::from_secs(5);
/// How long the process may take beyond that.
const LATE: Duration = Duration::from_secs(2);

pub fn steps() -> Vec<Step> {
    vec![step("end: server-sent events", server_sent_events), step("end: a WebSocket", a_websocket)]
}

async fn server_sent_events() -> Result<()> {
    let sidecar = start().await?;
    let one = over_http1(&sidecar, &get("/sse", ""), "data: x\n\n").await?;
    let two = over_http2(&sidecar).await?;
    end("server-sent events", sidecar, vec![one, two]).await
}

async fn a_websocket() -> Result<()> {
    let sidecar = start().await?;
    let fields = format!(
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: {WEBSOCKET_KEY}\r\n"
    );
    let socket = over_http1(&sidecar, &get("/ws", &fields), "HTTP/1.1 101 ").await?;
    end("a WebSocket", sidecar, vec![socket]).await
}

async fn start() -> Result<Sidecar> {
    let app = App::start(Duration::from_secs(60)).await?;
    let sidecar = Sidecar::start(app.address, &json!({"policy": {"auth": {"mode": "None"}}}))?;
    // Streams have to end of themselves, and not because the time of the drain is over.
    sidecar.rewrite(|config| {
        config["drainSeconds"] = 60.into();
        config["revision"] = "patient".into();
    })?;
    let admin = Asker::new(sidecar.admin, "localhost", None)?;
    until("the configuration is in force", Duration::from_secs(5), async || {
        let told = String::from_utf8_lossy(&admin.get("/revision", &[]).await?.body).into_owned();
        ensure!(told.contains("patient"), "/revision is {told}");
        Ok(())
    })
    .await?;
    Ok(sidecar)
}

/// Ends the sidecar, and waits for the end of all streams and its own.
async fn end(name: &str, mut sidecar: Sidecar, streams: Vec<JoinHandle<()>>) -> Result<()> {
    let (began, limit, count) = (Instant::now(), DRAIN + LATE, streams.len());
    sidecar.drain()?;
    sidecar.terminate()?;
    let ended = tokio::time::timeout(limit, join_all(streams)).await;
    let took = began.elapsed();
    while sidecar.ended()?.is_none() && began.elapsed() < limit {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let exit = sidecar.ended()?;
    table::add(Row {
        kind: format!("end: {name}"),
        amount: format!("{count} streams"),
        end: format!("ended after {took:.1?}, exit {:.1?}", began.elapsed()),
        ..Row::default()
    });
    let broken = ended.with_context(|| format!("it still goes on {limit:?} after the drain began"))?;
    ensure!(broken.iter().all(Result::is_ok), "{broken:?}");
    ensure!(exit.context("the sidecar has not ended")?.success(), "it ended with {exit:?}");
    Ok(())
}

fn get(path: &str, fields: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n")
}

/// Begins a stream, and gives a task that ends with it.
async fn over_http1(sidecar: &Sidecar, request: &str, expected: &str) -> Result<JoinHandle<()>> {
    let mut stream: Stream = Box::new(sidecar.trust.tls(sidecar.https, Alpn::Http1).await?);
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    while !String::from_utf8_lossy(&answer).contains(expected) {
        let reading = tokio::time::timeout(Duration::from_secs(5), stream.read_buf(&mut answer));
        let length = reading.await.with_context(|| format!("no {expected:?}"))??;
        ensure!(length > 0, "closed after {:?}", String::from_utf8_lossy(&answer));
        ensure!(answer.len() < 10_000, "{}", String::from_utf8_lossy(&answer));
    }
    Ok(tokio::spawn(async move {
        let mut buffer = [0; 4096];
        while stream.read(&mut buffer).await.is_ok_and(|length| length > 0) {}
    }))
}

async fn over_http2(sidecar: &Sidecar) -> Result<JoinHandle<()>> {
    let mut connection = Connection::open(sidecar).await?;
    let mut out = Vec::new();
    headers(&mut out, 1, &request("GET", "/sse"), true);
    connection.send(&out).await?;
    connection.until(Duration::from_secs(5), |seen| seen.data > 8).await.context("no event")?;
    Ok(tokio::spawn(async move {
        let over =
            |seen: &crate::http2::connection::Seen| seen.ended > 0 || !seen.resets.is_empty() || seen.closed.is_some();
        // A connection that closes wakes it as well.
        let _ = connection.until(Duration::from_secs(60), over).await;
    }))
}
