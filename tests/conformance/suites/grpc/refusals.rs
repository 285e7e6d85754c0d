//! Refusals of the sidecar as gRPC says them: a status in fields, never a problem document.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use tokio::net::TcpListener;
use tonic::{Code, Request as Call};

use super::app::{self, Note};
use super::caller::{call, caller, codec, path, refusal};
use crate::client::{BOTH, rest, send};
use crate::sidecar::{OPEN, Sidecar};
use crate::step::{Step, soon, within};

pub const STEPS: &[Step] = &[
    Step::new("gRPC: refused without a key, let in with one", keys_are_asked_for),
    Step::new("gRPC: refused beyond a rate", rates_hold),
    Step::new("gRPC: refused when too large", sizes_hold),
    Step::new("gRPC: refused while the app is down", an_app_that_is_down),
    Step::new("gRPC: refused when its time is over", the_time_is_over),
    Step::new("gRPC: what is no gRPC is refused with a problem document", others_get_problems),
];

const LIMIT: Duration = Duration::from_secs(20);
const KEYS: &str = "auth: {mode: Required, apiKeys: {header: X-API-Key}}";
const ECHO: &str = "/suite.Notes/Echo";

/// An ApiService's policy refuses a call with this code, by HTTP's view and by tonic's.
async fn is_refused(sidecar: &Sidecar, note: &Note, code: Code) -> Result<()> {
    let answer = soon("the refusal", call(sidecar, ECHO, note, &[])).await??;
    let seen = refusal(&answer)?;
    ensure!(seen.code == (code as i32).to_string(), "{seen:?} instead of {code:?}");
    let mut grpc = caller(sidecar).await?;
    let answer = soon("the refusal", grpc.unary(Call::new(note.clone()), path(ECHO), codec())).await?;
    let status = answer.err().context("an answer instead of a refusal")?;
    ensure!(status.code() == code && !status.message().is_empty(), "{status:?} instead of {code:?}");
    Ok(())
}

fn keys_are_asked_for() -> Result<()> {
    within(LIMIT, async {
        let mut notes = app::start().await?;
        let sidecar = Sidecar::start_h2c(KEYS, notes.address)?;
        is_refused(&sidecar, &Note::default(), Code::Unauthenticated).await?;
        ensure!(notes.arrived.try_recv().is_err(), "a call without a key arrived");
        let proto = [("content-type", "application/grpc+proto")];
        let request = Request::post(format!("https://localhost{ECHO}")).header(proto[0].0, proto[0].1);
        let answer = send(&sidecar, crate::client::Version::Http2, request.body(Full::<Bytes>::default())?).await?;
        ensure!(refusal(&answer)?.code == "16", "{answer:?}");
        let mut grpc = caller(&sidecar).await?;
        let mut request = Call::new(Note::new("let me in", 1));
        request.metadata_mut().insert("x-api-key", sidecar.key()?.parse()?);
        let answer = soon("the answer", grpc.unary(request, path(ECHO), codec())).await??;
        ensure!(answer.get_ref().text == "let me in", "{answer:?}");
        Ok(())
    })
}

fn rates_hold() -> Result<()> {
    within(LIMIT, async {
        let notes = app::start().await?;
        let policy = format!("{OPEN}, rateLimits: [{{name: few, per: IP, requests: 3, window: 1h}}]");
        let sidecar = Sidecar::start_h2c(&policy, notes.address)?;
        for _ in 0..3 {
            let answer = call(&sidecar, ECHO, &Note::default(), &[]).await?;
            let (_, trailers) = rest(answer.into_body()).await?;
            let status = trailers.as_ref().and_then(|trailers| trailers.get("grpc-status"));
            ensure!(status.is_some_and(|status| status == "0"), "{trailers:?}");
        }
        is_refused(&sidecar, &Note::default(), Code::ResourceExhausted).await
    })
}

fn sizes_hold() -> Result<()> {
    within(LIMIT, async {
        let notes = app::start().await?;
        let sidecar = Sidecar::start_h2c(&format!("{OPEN}, sizes: {{body: 1Ki}}"), notes.address)?;
        let large = Note { bytes: vec![7; 200 << 10], ..Note::default() };
        is_refused(&sidecar, &large, Code::ResourceExhausted).await?;
        let mut grpc = caller(&sidecar).await?;
        let small = Note { bytes: vec![7; 500], ..Note::default() };
        let answer = soon("the answer", grpc.unary(Call::new(small.clone()), path(ECHO), codec())).await??;
        ensure!(answer.get_ref() == &small, "{answer:?}");
        Ok(())
    })
}

fn an_app_that_is_down() -> Result<()> {
    within(LIMIT, async {
        let sidecar = Sidecar::start_h2c(OPEN, nobody().await?)?;
        is_refused(&sidecar, &Note::default(), Code::Unavailable).await
    })
}

/// An address at which nobody listens.
async fn nobody() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0").await?.local_addr()?)
}

fn the_time_is_over() -> Result<()> {
    within(LIMIT, async {
        let mut notes = app::start().await?;
        let sidecar = Sidecar::start_h2c(&format!("{OPEN}, timeouts: {{request: 1s}}"), notes.address)?;
        let answer = soon("the refusal", call(&sidecar, "/suite.Notes/Wait", &Note::default(), &[])).await??;
        let refusal = refusal(&answer)?;
        ensure!(refusal.code == "4", "{refusal:?}");
        let cancelled = soon("the app's view of the end", notes.cancelled.recv()).await?;
        ensure!(cancelled == Some("Wait"), "{cancelled:?}");
        Ok(())
    })
}

fn others_get_problems() -> Result<()> {
    within(LIMIT, async {
        let mut notes = app::start().await?;
        let sidecar = Sidecar::start_h2c(KEYS, notes.address)?;
        for version in BOTH {
            for kind in ["application/json", "application/grpcx", "text/plain"] {
                let request = Request::post(format!("https://localhost{ECHO}")).header("content-type", kind);
                let answer = send(&sidecar, version, request.body(Full::<Bytes>::default())?).await?;
                ensure!(answer.status() == 401, "{kind} {version}: {answer:?}");
                let as_problem = answer.headers().get("content-type").is_some_and(|t| t == "application/problem+json");
                ensure!(as_problem && !answer.headers().contains_key("grpc-status"), "{kind} {version}: {answer:?}");
                let (body, _) = rest(answer.into_body()).await?;
                let problem: serde_json::Value = serde_json::from_slice(&body)?;
                ensure!(problem["status"] == 401 && problem["code"].is_string(), "{kind} {version}: {problem}");
            }
        }
        ensure!(notes.arrived.try_recv().is_err(), "a request without a key arrived");
        Ok(())
    })
}
