//! Streams that are silent: they outlive the limits of ordinary requests, and end by their own.

use std::future::Future;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures::{SinkExt, StreamExt, future};
use http_body_util::BodyExt;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use crate::chat;
use crate::client::{BOTH, Version, get, next, send};
use crate::sidecar::{OPEN, Sidecar};
use crate::step::{Step, soon, within};
use crate::streams::{chunk, paced};
use crate::tunnel;

pub const STEPS: &[Step] = &[
    Step::new("a silent WebSocket outlives requests, and ends by its own limit", websockets_may_be_silent),
    Step::new("silent events outlive requests, and end by their own limit", events_may_be_silent),
];

const LIMIT: Duration = Duration::from_secs(25);
const TIMEOUTS: &str = "timeouts: {request: 1s, bodyIdle: 1s, streamIdle: 4s}";
/// Longer than a request or a body may be silent, shorter than a stream may.
const SILENCE: Duration = Duration::from_secs(2);

fn websockets_may_be_silent() -> Result<()> {
    within(LIMIT, async {
        let mut chat = chat::start().await?;
        let sidecar = Sidecar::start(&format!("{OPEN}, {TIMEOUTS}"), chat.address)?;
        let converse = |version| {
            let sidecar = &sidecar;
            async move {
                let mut socket = tunnel::open(sidecar, version, &[]).await?.socket()?;
                tokio::time::sleep(SILENCE).await;
                socket.send(Message::text("still there?")).await?;
                let back = soon("a message after a silence", socket.next()).await?.context("the tunnel ended")??;
                ensure!(back == Message::text("still there?"), "{version}: {back:?}");
                ends_by_its_limit(version, async { while let Some(Ok(_)) = socket.next().await {} }).await
            }
        };
        future::try_join_all(BOTH.map(converse)).await?;
        for _ in BOTH {
            let end = soon("the app's view of the end", chat.ends.recv()).await?.context("no app")?;
            ensure!(end.starts_with("gone") || end.starts_with("closed"), "the app saw: {end}");
        }
        Ok(())
    })
}

fn events_may_be_silent() -> Result<()> {
    within(LIMIT, async { future::try_join_all(BOTH.map(watch_events)).await.map(drop) })
}

async fn watch_events(version: Version) -> Result<()> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let event = move |step: usize| match step {
        0 => format!("{head}{}", chunk("data: 0\n\n")),
        step => chunk(&format!("data: {step}\n\n")),
    };
    let (seen, app) = paced(event).await?;
    let sidecar = Sidecar::start(&format!("{OPEN}, {TIMEOUTS}"), app)?;
    let mut body = soon("the head", send(&sidecar, version, get("/events")?)).await??.into_body();
    ensure!(next(&mut body).await? == "data: 0\n\n", "{version}: another event");
    tokio::time::sleep(SILENCE).await;
    seen.send(()).await?;
    let event = soon("an event after a silence", next(&mut body)).await??;
    ensure!(event == "data: 1\n\n", "{version}: {event:?}");
    ends_by_its_limit(version, async { while let Some(Ok(_)) = body.frame().await {} }).await
}

/// After four seconds; tokio's timers, and a busy machine, may be late.
async fn ends_by_its_limit(version: Version, end: impl Future<Output = ()>) -> Result<()> {
    let began = Instant::now();
    let ended = timeout(Duration::from_secs(8), end).await;
    ensure!(ended.is_ok(), "{version}: the silent stream lives on");
    ensure!(began.elapsed() > Duration::from_secs(3), "{version}: it ended after {:?}", began.elapsed());
    Ok(())
}
