//! A call that ends before its time: given up by its caller, over its deadline, or left by the app.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tonic::{Code, Request};

use super::app::{self, Note};
use super::caller::{call, caller, codec, path, refusal};
use crate::sidecar::{OPEN, Sidecar};
use crate::step::{Step, soon, within};

pub const STEPS: &[Step] = &[
    Step::new("gRPC: a call that its caller gives up ends at the app", giving_up_ends_at_the_app),
    Step::new("gRPC: a stream that its caller gives up ends at the app", a_stream_given_up_ends_at_the_app),
    Step::new("gRPC: the caller's deadline holds, also at the app", the_deadline_holds),
    Step::new("gRPC: a deadline within a stream ends it with a failure", a_deadline_ends_a_stream),
];

const LIMIT: Duration = Duration::from_secs(20);

fn giving_up_ends_at_the_app() -> Result<()> {
    within(LIMIT, async {
        let mut notes = app::start().await?;
        let sidecar = Sidecar::start_h2c(OPEN, notes.address)?;
        let mut grpc = caller(&sidecar).await?;
        let mut other = grpc.clone();
        let call = grpc.unary(Request::new(Note::default()), path("/suite.Notes/Wait"), codec());
        tokio::select! {
            arrived = soon("the call at the app", notes.arrived.recv()) => drop(arrived?.context("no app")?),
            answer = call => anyhow::bail!("an answer of a method that gives none: {answer:?}"),
        }
        // The call was dropped with the select.
        let cancelled = soon("the app's view of the end", notes.cancelled.recv()).await?;
        ensure!(cancelled == Some("Wait"), "{cancelled:?}");
        other.ready().await?;
        let request = Request::new(Note::new("still here", 1));
        let answer = soon("another call", other.unary(request, path("/suite.Notes/Echo"), codec())).await??;
        ensure!(answer.get_ref().text == "still here", "{answer:?}");
        Ok(())
    })
}

fn a_stream_given_up_ends_at_the_app() -> Result<()> {
    within(LIMIT, async {
        let mut notes = app::start().await?;
        let sidecar = Sidecar::start_h2c(OPEN, notes.address)?;
        let mut grpc = caller(&sidecar).await?;
        let method = path("/suite.Notes/Tick");
        let mut hears = grpc.server_streaming(Request::new(Note::default()), method, codec()).await?.into_inner();
        let first = soon("the first note", hears.message()).await??;
        ensure!(first == Some(Note::new("tick", 1)), "{first:?}");
        drop(hears);
        let cancelled = soon("the app's view of the end", notes.cancelled.recv()).await?;
        ensure!(cancelled == Some("Tick"), "{cancelled:?}");
        Ok(())
    })
}

fn the_deadline_holds() -> Result<()> {
    within(LIMIT, async {
        let mut notes = app::start().await?;
        let sidecar = Sidecar::start_h2c(OPEN, notes.address)?;
        for (timeout, least) in [("300m", 300), ("1S", 1000), ("400000u", 400)] {
            let began = Instant::now();
            let fields = [("grpc-timeout", timeout)];
            let answer = soon("the refusal", call(&sidecar, "/suite.Notes/Wait", &Note::default(), &fields)).await??;
            let refusal = refusal(&answer)?;
            ensure!(refusal.code == "4", "{timeout}: {refusal:?}");
            ensure!(began.elapsed() >= Duration::from_millis(least), "{timeout}: after {:?}", began.elapsed());
            let cancelled = soon("the app's view of the end", notes.cancelled.recv()).await?;
            ensure!(cancelled == Some("Wait"), "{timeout}: {cancelled:?}");
        }
        let fields = [("grpc-timeout", "30S")];
        let answer = call(&sidecar, "/suite.Notes/Echo", &Note::default(), &fields).await?;
        let saw: Vec<_> = answer.headers().get_all("x-saw").iter().filter_map(|value| value.to_str().ok()).collect();
        ensure!(saw.iter().any(|value| value.ends_with(['S', 'm', 'u', 'n'])), "the app saw no deadline: {saw:?}");
        Ok(())
    })
}

fn a_deadline_ends_a_stream() -> Result<()> {
    within(LIMIT, async {
        let mut notes = app::start().await?;
        let sidecar = Sidecar::start_h2c(OPEN, notes.address)?;
        let fields = [("grpc-timeout", "500m")];
        let answer = soon("the head", call(&sidecar, "/suite.Notes/Tick", &Note::default(), &fields)).await??;
        ensure!(answer.status() == 200 && !answer.headers().contains_key("grpc-status"), "{answer:?}");
        let end = soon("the end", crate::client::rest(answer.into_body())).await?;
        // Trailers that say so, or a stream that broke off; never one that looks complete.
        if let Ok((_, trailers)) = end {
            let code = trailers.as_ref().and_then(|trailers| trailers.get("grpc-status"));
            let expected = Code::DeadlineExceeded as i32;
            ensure!(code.is_some_and(|code| code == expected.to_string().as_str()), "it ended with {trailers:?}");
        }
        let cancelled = soon("the app's view of the end", notes.cancelled.recv()).await?;
        ensure!(cancelled == Some("Tick"), "{cancelled:?}");
        Ok(())
    })
}
