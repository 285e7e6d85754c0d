//! What must not wait for an answer's end: events, hints, and trailers after the body.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use hyper::body::Incoming;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::{Mutex, mpsc};

use crate::apps;
use crate::client::{BOTH, Version, get, next, rest, send};
use crate::hints;
use crate::sidecar::{OPEN, Sidecar};
use crate::step::{Step, soon, within};

pub const STEPS: &[Step] = &[
    Step::new("each event arrives before the next is sent", events_arrive),
    Step::new("events without a length or chunks arrive one by one", unframed_events_arrive),
    Step::new("early hints arrive before the answer", hints_arrive),
    Step::new("trailers of an answer arrive", trailers_arrive),
];

const LIMIT: Duration = Duration::from_secs(20);
const EVENTS: usize = 20;

fn events_arrive() -> Result<()> {
    within(LIMIT, async {
        for version in BOTH {
            one_by_one(version, "Transfer-Encoding: chunked\r\n", chunk).await?;
        }
        Ok(())
    })
}

fn unframed_events_arrive() -> Result<()> {
    within(LIMIT, async {
        for version in BOTH {
            one_by_one(version, "Connection: close\r\n", str::to_owned).await?;
        }
        Ok(())
    })
}

/// The app writes an event only after the client has seen the one before: who holds any back stops both for ever.
async fn one_by_one(version: Version, framing: &'static str, framed: fn(&str) -> String) -> Result<()> {
    let (seen, app) = paced(move |step| match step {
        0 => format!("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{framing}\r\n{}", framed(&event(0))),
        step => framed(&event(step)),
    })
    .await?;
    let sidecar = Sidecar::start(OPEN, app)?;
    let answer = send(&sidecar, version, get("/events")?).await?;
    ensure!(answer.status() == 200, "{version}: {}", answer.status());
    ensure!(answer.headers().get("content-type").is_some_and(|kind| kind == "text/event-stream"), "{answer:?}");
    let mut body = answer.into_body();
    for number in 0..EVENTS {
        let text = soon(&format!("event {number} {version}"), read(&mut body, event(number).len())).await??;
        ensure!(text == event(number), "{version}: event {number} is {text:?}");
        seen.send(()).await?;
    }
    Ok(())
}

fn event(number: usize) -> String {
    format!("id: {number}\ndata: {}\n\n", "x".repeat(number))
}

async fn read(body: &mut Incoming, length: usize) -> Result<String> {
    let mut text = Vec::new();
    while text.len() < length {
        text.extend_from_slice(&next(body).await?);
    }
    Ok(String::from_utf8(text)?)
}

/// A chunk as it is sent.
pub fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

/// An app that writes what `write` gives for 0, and for each number after it when the client has seen the one before.
///
/// # Errors
/// When no port is free.
pub async fn paced(write: impl Fn(usize) -> String + Send + Sync + 'static) -> Result<(mpsc::Sender<()>, SocketAddr)> {
    let (seen, waits) = mpsc::channel::<()>(1);
    let (write, waits) = (Arc::new(write), Arc::new(Mutex::new(waits)));
    let app = apps::by_hand(move |_, mut stream: TcpStream| {
        let (write, waits) = (Arc::clone(&write), Arc::clone(&waits));
        async move {
            let mut waits = waits.lock().await;
            for step in 0.. {
                stream.write_all(write(step).as_bytes()).await?;
                if waits.recv().await.is_none() {
                    break;
                }
            }
            Ok(())
        }
    });
    Ok((seen, app.await?))
}

fn hints_arrive() -> Result<()> {
    within(LIMIT, async {
        for version in BOTH {
            let (seen, app) = paced(|step| match step {
                0 => "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n".to_owned(),
                1 => "HTTP/1.1 103 Early Hints\r\nLink: </b.css>; rel=preload\r\n\r\n".to_owned(),
                2 => "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage".to_owned(),
                _ => String::new(),
            })
            .await?;
            let sidecar = Sidecar::start(OPEN, app)?;
            let (answer, mut hints) = hints::get(&sidecar, version, "/").await?;
            for link in ["</a.css>; rel=preload", "</b.css>; rel=preload"] {
                let hint = soon(&format!("the hint {link} {version}"), hints.recv()).await?.unwrap_or_default();
                ensure!(hint == format!("103 {link}"), "{version}: {link} came as {hint:?}");
                seen.send(()).await?;
            }
            let (status, body) = answer.await??;
            ensure!((status, body.as_str()) == (200, "page"), "{version}: {status} {body}");
            ensure!(hints.recv().await.is_none(), "{version}: more hints than the app sent");
        }
        Ok(())
    })
}

fn trailers_arrive() -> Result<()> {
    within(LIMIT, async {
        let app = apps::by_hand(|_, mut stream| async move {
            let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Checksum, X-Rows\r\n\r\n";
            let rest = "5\r\nhello\r\n0\r\nX-Checksum: 5d41402a\r\nX-Rows: 1\r\n\r\n";
            Ok(stream.write_all([head, rest].concat().as_bytes()).await?)
        });
        let sidecar = Sidecar::start(OPEN, app.await?)?;
        for version in BOTH {
            let (body, trailers) = rest(send(&sidecar, version, get("/")?).await?.into_body()).await?;
            ensure!(body == "hello", "{version}: {body:?}");
            let trailers = trailers.unwrap_or_default();
            for (name, value) in [("x-checksum", "5d41402a"), ("x-rows", "1")] {
                let found = trailers.get(name).map(|value| value.as_bytes());
                ensure!(found == Some(value.as_bytes()), "{version}: {name} came as {found:?} in {trailers:?}");
            }
        }
        Ok(())
    })
}
