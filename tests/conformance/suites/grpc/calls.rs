//! Calls of every kind come through: messages, metadata, statuses, trailers.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures::{SinkExt, channel::mpsc, future, stream};
use tonic::metadata::MetadataValue;
use tonic::{Code, Request};

use super::app::{self, Note, Notes};
use super::caller::{caller, codec, path};
use crate::sidecar::Sidecar;
use crate::step::{Step, soon, within};

pub const STEPS: &[Step] = &[
    Step::new("gRPC: a unary call, its metadata and its trailers", unary),
    Step::new("gRPC: a status of the app arrives whole", statuses_arrive),
    Step::new("gRPC: a stream of answers and the status that ends it", server_streaming),
    Step::new("gRPC: a stream of requests", client_streaming),
    Step::new("gRPC: both stream, each note before the next", bidirectional_streaming),
    Step::new("gRPC: large messages, both ways", large_messages),
    Step::new("gRPC: a hundred calls at once on one connection", a_hundred_at_once),
];

const LIMIT: Duration = Duration::from_secs(20);
/// Messages are as large as both ends take them.
const POLICY: &str = "auth: {mode: None}, sizes: {body: 64Mi}";

async fn world() -> Result<(Notes, Sidecar)> {
    let notes = app::start().await?;
    let sidecar = Sidecar::start_h2c(POLICY, notes.address)?;
    Ok((notes, sidecar))
}

fn unary() -> Result<()> {
    within(LIMIT, async {
        let (_notes, sidecar) = world().await?;
        let mut grpc = caller(&sidecar).await?;
        let mut request = Request::new(Note::new("hello", 7));
        request.metadata_mut().insert("x-trace", "abc".parse()?);
        request.metadata_mut().insert_bin("x-trace-bin", MetadataValue::from_bytes(&[0, 200, 7]));
        let answer = soon("the answer", grpc.unary(request, path("/suite.Notes/Echo"), codec())).await??;
        ensure!(answer.get_ref() == &Note::new("hello", 7), "{answer:?}");
        let metadata = answer.metadata();
        ensure!(metadata.get("x-trace").is_some_and(|value| value == "abc"), "{metadata:?}");
        let bytes = metadata.get_bin("x-trace-bin").context("no binary metadata")?.to_bytes()?;
        ensure!(bytes.as_ref() == [0, 200, 7], "{bytes:?}");
        let saw: Vec<_> = metadata.get_all("x-saw").iter().filter_map(|value| value.to_str().ok()).collect();
        ensure!(saw.contains(&"trailers"), "the app did not see \"te: trailers\", only {saw:?}");
        ensure!(saw.iter().any(|agent| agent.starts_with("tonic/")), "the app did not see the user agent: {saw:?}");
        ensure!(metadata.get("grpc-status").is_some_and(|status| status == "0"), "no trailers: {metadata:?}");
        Ok(())
    })
}

fn statuses_arrive() -> Result<()> {
    within(LIMIT, async {
        let (_notes, sidecar) = world().await?;
        let mut grpc = caller(&sidecar).await?;
        let request = Request::new(Note::new("fail", 0));
        let answer = soon("the answer", grpc.unary(request, path("/suite.Notes/Echo"), codec())).await?;
        let status = answer.err().context("a failure came as an answer")?;
        ensure!(status.code() == Code::FailedPrecondition, "{status:?}");
        ensure!(status.message() == "nicht möglich: 100 %", "{status:?}");
        ensure!(status.details() == [0, 1, 255], "{status:?}");
        ensure!(status.metadata().get("x-reason").is_some_and(|reason| reason == "closed"), "{status:?}");
        grpc.ready().await?;
        let request = Request::new(Note::default());
        let answer = soon("the answer", grpc.unary(request, path("/suite.Notes/Missing"), codec())).await?;
        let code = answer.err().map(|status| status.code());
        ensure!(code == Some(Code::Unimplemented), "{code:?}");
        Ok(())
    })
}

fn server_streaming() -> Result<()> {
    within(LIMIT, async {
        let (_notes, sidecar) = world().await?;
        let mut grpc = caller(&sidecar).await?;
        for number in [0, 1, 13, 1000] {
            let request = Request::new(Note::new("", number));
            let method = path("/suite.Notes/Count");
            let answer = soon("the answer", grpc.server_streaming(request, method, codec())).await??;
            let mut notes = answer.into_inner();
            for expected in 0..number {
                let note = soon("a note", notes.message()).await?.with_context(|| format!("note {expected}"))?;
                ensure!(note == Some(Note::new("counted", expected)), "{expected}: {note:?}");
            }
            let end = soon("the end", notes.message()).await?.map_err(|status| status.code());
            let expected = if number == 13 { Err(Code::DataLoss) } else { Ok(None) };
            ensure!(end == expected, "{number} notes end with {end:?}");
            grpc.ready().await?;
        }
        Ok(())
    })
}

fn client_streaming() -> Result<()> {
    within(LIMIT, async {
        let (_notes, sidecar) = world().await?;
        let mut grpc = caller(&sidecar).await?;
        let notes = stream::iter((1..=1000).map(|number| Note::new("one of many", number)));
        let method = path("/suite.Notes/Collect");
        let answer = soon("the answer", grpc.client_streaming(Request::new(notes), method, codec())).await??;
        ensure!(answer.get_ref() == &Note::new("500500", 1000), "{answer:?}");
        Ok(())
    })
}

fn bidirectional_streaming() -> Result<()> {
    within(LIMIT, async {
        let (_notes, sidecar) = world().await?;
        let mut grpc = caller(&sidecar).await?;
        let (mut says, said) = mpsc::channel(1);
        let method = path("/suite.Notes/Chat");
        let answer = soon("the head", grpc.streaming(Request::new(said), method, codec())).await??;
        let mut hears = answer.into_inner();
        for number in 0..100 {
            says.send(Note::new("say", number)).await?;
            // The next is not sent before: who holds one back stops both.
            let heard = soon("the note back", hears.message()).await??;
            ensure!(heard == Some(Note::new("say", number)), "{number}: {heard:?}");
        }
        drop(says);
        let end = soon("the end", hears.message()).await??;
        ensure!(end.is_none(), "{end:?} after the end");
        ensure!(hears.trailers().await?.is_some(), "no trailers after the end");
        Ok(())
    })
}

fn large_messages() -> Result<()> {
    within(LIMIT, async {
        let (_notes, sidecar) = world().await?;
        let mut grpc = caller(&sidecar).await?;
        let bytes = (0..16_u32 << 20).map(|index| index.to_le_bytes()[0]).collect();
        let note = Note { bytes, ..Note::default() };
        let answer = grpc.unary(Request::new(note.clone()), path("/suite.Notes/Echo"), codec()).await?;
        ensure!(answer.get_ref() == &note, "{} bytes came back", answer.get_ref().bytes.len());
        Ok(())
    })
}

fn a_hundred_at_once() -> Result<()> {
    within(LIMIT, async {
        let (_notes, sidecar) = world().await?;
        let grpc = caller(&sidecar).await?;
        let calls = (0..100).map(|number| {
            let mut grpc = grpc.clone();
            async move {
                grpc.ready().await?;
                let request = Request::new(Note::new("one of a hundred", number));
                let answer = grpc.unary(request, path("/suite.Notes/Echo"), codec()).await?;
                ensure!(answer.get_ref().number == number, "{number}: {answer:?}");
                Ok(())
            }
        });
        future::try_join_all(calls).await.map(drop)
    })
}
