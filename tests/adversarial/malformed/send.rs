//! Sends them, fifty at a time, and watches the sidecar.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use anyhow::{Result, ensure};
use futures::stream::{self, StreamExt};
use rustls::pki_types::ServerName;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::inputs::{Input, Port, all};
use crate::connect::{Alpn, plain};
use crate::sidecar::Addresses;
use crate::siege::{Attack, Siege};
use crate::step::{Step, step};

const SEED: u64 = 20_260_000;
const INPUTS: usize = 10_000;
/// What the first of them leave is not counted.
const WARM_UP: usize = 1_000;
const AT_ONCE: usize = 50;
/// How long to wait for an answer: half a request has none.
const PATIENCE: Duration = Duration::from_millis(100);
/// What may be left and taken, in KiB.
const LEFT: i64 = 1024;
const TAKEN: i64 = 16 * 1024;

pub fn steps() -> Vec<Step> {
    vec![step("malformed: 10,000 inputs", survive)]
}

async fn survive() -> Result<()> {
    let policy = json!({"auth": {"mode": "None"}, "tls": {"redirect": {"enforcement": "Disabled"}}});
    let mut siege = Siege::begin(&json!({ "policy": policy })).await?;
    let inputs = all(SEED, INPUTS);
    let to = siege.sidecar.addresses();
    let mut answers = send_all(&inputs[..WARM_UP], &to).await;
    siege.again().await?;
    answers.extend(send_all(&inputs[WARM_UP..], &to).await);
    let count = |test: fn(&str) -> bool| answers.iter().filter(|(_, status)| test(status)).count();
    let attack = Attack {
        kind: "malformed inputs".to_owned(),
        amount: format!("{INPUTS} inputs"),
        end: format!(
            "{} × 2xx, {} × 4xx, {} other, {} none",
            count(|status| status.starts_with('2')),
            count(|status| status.starts_with('4')),
            count(|status| status.starts_with(['3', '5'])),
            count(str::is_empty),
        ),
        may_leave: LEFT,
        may_take: TAKEN,
    };
    siege.end(attack).await?;
    ensure!(count(|status| status.starts_with('4')) > INPUTS / 10, "hardly any was refused: is anything listening?");
    // What the client did wrong is no fault of the app or ours; 501 and 505 are about method and version.
    let faults: Vec<_> =
        answers.iter().filter(|(_, status)| status.starts_with('5') && status != "501" && status != "505").collect();
    let told: Vec<_> = faults
        .iter()
        .take(10)
        .map(|(number, status)| format!("{status} for {:?}", shown(&inputs[*number].bytes)))
        .collect();
    ensure!(
        faults.is_empty(),
        "{} inputs were answered as if they were not the client's fault: {told:#?}",
        faults.len()
    );
    Ok(())
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(300)]).into_owned()
}

/// Sends all; gives each one's number and the status that answered it.
async fn send_all(inputs: &[Input], to: &Addresses) -> Vec<(usize, String)> {
    let sending = inputs.iter().enumerate().map(|(number, input)| async move {
        let limit = PATIENCE * 50;
        // A connection that breaks is as good an answer as any.
        let answer = tokio::time::timeout(limit, send(input, to)).await.ok().and_then(Result::ok).unwrap_or_default();
        (number, status(&answer))
    });
    stream::iter(sending).buffer_unordered(AT_ONCE).collect().await
}

fn status(answer: &[u8]) -> String {
    let status = answer.strip_prefix(b"HTTP/1.1 ").and_then(|rest| rest.get(..3)).unwrap_or_default();
    String::from_utf8_lossy(status).into_owned()
}

async fn send(input: &Input, to: &Addresses) -> Result<Vec<u8>> {
    match input.to {
        Port::Plain => exchange(plain(to.http).await?, input).await,
        Port::RawTls => exchange(plain(to.https).await?, input).await,
        Port::Tls => secure(Alpn::Http1, input, to).await,
        Port::Http2 => secure(Alpn::Http2, input, to).await,
    }
}

async fn secure(alpn: Alpn, input: &Input, to: &Addresses) -> Result<Vec<u8>> {
    let stream = Flipping { inner: plain(to.https).await?, flip: input.flip, sent: 0 };
    let connector = TlsConnector::from(Arc::clone(&to.trust.config(alpn)));
    let handshake = connector.connect(ServerName::try_from("localhost")?, stream);
    // A turned bit may be one that makes the sidecar wait for more.
    exchange(tokio::time::timeout(PATIENCE * 10, handshake).await??, input).await
}

async fn exchange(mut stream: impl AsyncRead + AsyncWrite + Unpin, input: &Input) -> Result<Vec<u8>> {
    let mut answer = Vec::new();
    let exchange = async {
        // It may be answered before all of it was sent.
        let _ = stream.write_all(&input.bytes).await;
        let _ = stream.flush().await;
        while !answer.starts_with(b"HTTP/1.1 ") || answer.len() < 12 {
            if stream.read_buf(&mut answer).await? == 0 {
                break;
            }
        }
        Ok(())
    };
    let outcome: Result<Result<()>, _> = tokio::time::timeout(PATIENCE, exchange).await;
    // Nothing came in time, or it broke: what did come counts.
    drop(outcome);
    Ok(answer)
}

/// A connection on which one bit of what is sent is turned.
struct Flipping {
    inner: TcpStream,
    flip: Option<usize>,
    sent: usize,
}

impl AsyncRead for Flipping {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut TaskContext<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl AsyncWrite for Flipping {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut TaskContext<'_>,
        buffer: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let (mut changed, at) = (buffer.to_vec(), self.flip.map(|bit| (bit / 8, bit % 8)));
        if let Some((byte, bit)) = at
            && let Some(byte) = byte.checked_sub(self.sent).and_then(|at| changed.get_mut(at))
        {
            *byte ^= 1 << bit;
        }
        let written = Pin::new(&mut self.inner).poll_write(context, &changed);
        if let Poll::Ready(Ok(length)) = written {
            self.sent += length;
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
