//! The same streams from an app that speaks HTTP/2 without TLS: hints, pieces, trailers, and a request's own body.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use http_body_util::Full;
use hyper::{HeaderMap, Request, Response};
use tokio::sync::Notify;

use crate::apps;
use crate::client::{BOTH, Version, get, next, rest, send};
use crate::hints;
use crate::sidecar::{OPEN, Sidecar};
use crate::step::{Step, soon, within};
use crate::tunnel::{self, Opened};

pub const STEPS: &[Step] = &[
    Step::new("H2C: early hints arrive before the answer", hints_arrive),
    Step::new("H2C: each piece arrives before the next is sent, and trailers at the end", pieces_arrive),
    Step::new("H2C: a request's body reaches the app, whatever its client speaks", bodies_reach_the_app),
    Step::new("H2C: a WebSocket, which the app cannot take, is refused", websockets_are_refused),
    Step::new("H2C: an answer that breaks off does not look complete", a_broken_answer_looks_broken),
];

const LIMIT: Duration = Duration::from_secs(20);
const PIECES: usize = 10;

/// An app that gives each request to `answer`.
async fn app<F, Fut>(answer: F) -> Result<SocketAddr>
where
    F: Fn(Request<RecvStream>, SendResponse<Bytes>) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<()>> + Send + 'static,
{
    apps::listen(move |stream| {
        let answer = answer.clone();
        async move {
            let Ok(mut connection) = h2::server::handshake(stream).await else { return };
            while let Some(Ok((request, respond))) = connection.accept().await {
                tokio::spawn(answer(request, respond));
            }
        }
    })
    .await
}

fn ok() -> Result<Response<()>> {
    Ok(Response::builder().status(200).body(())?)
}

fn hints_arrive() -> Result<()> {
    within(LIMIT, async {
        for version in BOTH {
            let seen = Arc::new(Notify::new());
            let waits = Arc::clone(&seen);
            let app = app(move |_, mut respond| {
                let waits = Arc::clone(&waits);
                async move {
                    let hint = Response::builder().status(103).header("link", "</a.css>; rel=preload");
                    respond.send_informational(hint.body(())?)?;
                    waits.notified().await;
                    Ok(respond.send_response(ok()?, false)?.send_data(Bytes::from_static(b"page"), true)?)
                }
            })
            .await?;
            let sidecar = Sidecar::start_h2c(OPEN, app)?;
            let (answer, mut hints) = hints::get(&sidecar, version, "/").await?;
            let told = soon(&format!("the hint {version}"), hints.recv()).await?.unwrap_or_default();
            ensure!(told == "103 </a.css>; rel=preload", "{version}: {told}");
            seen.notify_one();
            let (status, body) = soon("the answer", answer).await???;
            ensure!((status, body.as_str()) == (200, "page"), "{version}: {status} {body}");
        }
        Ok(())
    })
}

fn pieces_arrive() -> Result<()> {
    within(LIMIT, async {
        for version in BOTH {
            let seen = Arc::new(Notify::new());
            let waits = Arc::clone(&seen);
            let app = app(move |_, respond| paced(respond, Arc::clone(&waits))).await?;
            let sidecar = Sidecar::start_h2c(OPEN, app)?;
            let mut body = soon("the head", send(&sidecar, version, get("/")?)).await??.into_body();
            for number in 0..PIECES {
                let piece = soon(&format!("piece {number} {version}"), next(&mut body)).await??;
                ensure!(piece == piece_of(number), "{version}: piece {number} is {piece:?}");
                seen.notify_one();
            }
            let (more, trailers) = soon("the trailers", rest(body)).await??;
            let rows = trailers.as_ref().and_then(|trailers| trailers.get("x-rows"));
            ensure!(more.is_empty() && rows.is_some_and(|rows| rows == "10"), "{version}: {more:?} {trailers:?}");
        }
        Ok(())
    })
}

/// Sends each piece after the client has seen the one before, and trailers at the end.
async fn paced(mut respond: SendResponse<Bytes>, seen: Arc<Notify>) -> Result<()> {
    let mut answer = respond.send_response(ok()?, false)?;
    for number in 0..PIECES {
        answer.send_data(piece_of(number), false)?;
        seen.notified().await;
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("x-rows", "10".parse()?);
    Ok(answer.send_trailers(trailers)?)
}

fn piece_of(number: usize) -> Bytes {
    Bytes::from(format!("piece {number}\n"))
}

fn bodies_reach_the_app() -> Result<()> {
    within(LIMIT, async {
        let app = app(|request: Request<RecvStream>, mut respond: SendResponse<Bytes>| async move {
            let mut body = request.into_body();
            let mut length = 0;
            while let Some(piece) = body.data().await {
                let piece = piece?;
                length += piece.len();
                body.flow_control().release_capacity(piece.len())?;
            }
            let mut answer = respond.send_response(ok()?, false)?;
            Ok(answer.send_data(Bytes::from(length.to_string()), true)?)
        })
        .await?;
        let sidecar = Sidecar::start_h2c(OPEN, app)?;
        for version in BOTH {
            // Larger than a window of HTTP/2, within what a policy allows by default.
            for length in [0, 1, 700_000] {
                let body = Full::new(Bytes::from(vec![b'x'; length]));
                let request = Request::post("https://localhost/upload").body(body)?;
                let (told, _) =
                    soon("the answer", async { rest(send(&sidecar, version, request).await?.into_body()).await })
                        .await??;
                ensure!(told == length.to_string(), "{version}: the app saw {told:?} of {length} bytes");
            }
        }
        Ok(())
    })
}

fn websockets_are_refused() -> Result<()> {
    within(LIMIT, async {
        let app = app(|_, mut respond| async move {
            let mut answer = respond.send_response(ok()?, false)?;
            Ok(answer.send_data(Bytes::from_static(b"no tunnel"), true)?)
        });
        let sidecar = Sidecar::start_h2c(OPEN, app.await?)?;
        for version in BOTH {
            match soon("the answer", tunnel::open(&sidecar, version, &[])).await?? {
                Opened::Refused(status, body) => {
                    // Over HTTP/1.1 an upgrade may be ignored and the request answered; 200 to CONNECT would open the tunnel.
                    ensure!(status >= 400 || version == Version::Http1, "{version}: {status} {body}");
                }
                Opened::Open(..) => anyhow::bail!("{version}: there is a tunnel"),
            }
        }
        Ok(())
    })
}

fn a_broken_answer_looks_broken() -> Result<()> {
    within(LIMIT, async {
        for version in BOTH {
            let seen = Arc::new(Notify::new());
            let waits = Arc::clone(&seen);
            let app = app(move |_, mut respond| {
                let waits = Arc::clone(&waits);
                async move {
                    let mut answer = respond.send_response(ok()?, false)?;
                    answer.send_data(Bytes::from_static(b"half of"), false)?;
                    waits.notified().await;
                    answer.send_reset(Reason::INTERNAL_ERROR);
                    Ok(())
                }
            })
            .await?;
            let sidecar = Sidecar::start_h2c(OPEN, app)?;
            let mut body = soon("the head", send(&sidecar, version, get("/")?)).await??.into_body();
            let half = soon("the half", next(&mut body)).await??;
            ensure!(half == "half of", "{version}: {half:?}");
            seen.notify_one();
            let end = soon("the end", rest(body)).await?;
            // Common clients take a reset with CANCEL or NO_ERROR for an ordinary end; hyper's is one of them.
            ensure!(end.is_err(), "{version}: half an answer came as a whole one: {end:?}");
        }
        Ok(())
    })
}
