//! Requests that are legal, and far too many of them.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::connect::plain;
use crate::siege::{Attack, Siege};
use crate::step::{Step, step};

const PIPELINED: usize = 10_000;
const CHUNKS: usize = 100_000;
const CONTINUES: usize = 1_000;
/// How long all answers of one flood may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// What may be left and taken, in KiB.
const LEFT: i64 = 1024;
const TAKEN: i64 = 8 * 1024;

pub fn steps() -> Vec<Step> {
    vec![
        step("crowd: 10,000 requests in one write", pipelining),
        step("crowd: requests whose answers nobody reads", unread),
        step("crowd: chunks of one byte", tiny_chunks),
        step("crowd: 100-continue on every request", continues),
        step("crowd: 100-continue for a body too large", too_large_to_continue),
    ]
}

async fn pipelining() -> Result<()> {
    let siege = siege().await?;
    let mut stream = plain(siege.sidecar.http).await?;
    let (mut reader, mut writer) = stream.split();
    let all: String = (0..PIPELINED).map(|n| format!("GET /n/{n} HTTP/1.1\r\nHost: localhost\r\n\r\n")).collect();
    let expected: Vec<String> = (0..PIPELINED).map(|n| format!("0 /n/{n}")).collect();
    let read = async {
        let (mut answers, mut next) = (Vec::new(), 0);
        while next < PIPELINED {
            ensure!(reader.read_buf(&mut answers).await? > 0, "the connection ended after {next} answers");
            next += take_answers(&mut answers, &expected[next..])?;
        }
        Ok(())
    };
    let both = async { tokio::try_join!(async { Ok(writer.write_all(all.as_bytes()).await?) }, read) };
    let outcome = tokio::time::timeout(PATIENCE, both).await.context("not all answered in time");
    drop(stream);
    siege.end(attack("h1 pipelined requests", &format!("{PIPELINED} requests"), "answered in order")).await?;
    outcome?.map(drop)
}

/// Takes whole answers off the front, which have to be the expected ones in order; gives their number.
fn take_answers(bytes: &mut Vec<u8>, expected: &[String]) -> Result<usize> {
    let (mut at, mut count) = (0, 0);
    while let Some(end) = bytes[at..].windows(4).position(|window| window == b"\r\n\r\n") {
        let body = expected.get(count).context("more answers than requests")?.as_bytes();
        let (from, to) = (at + end + 4, at + end + 4 + body.len());
        if bytes.len() < to {
            break;
        }
        ensure!(&bytes[from..to] == body, "answer {count}: {}", String::from_utf8_lossy(&bytes[at..to]));
        ensure!(bytes[at..].starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&bytes[at..to]));
        (at, count) = (to, count + 1);
    }
    bytes.drain(..at);
    Ok(count)
}

async fn unread() -> Result<()> {
    let siege = siege().await?;
    let mut stream = crate::connect::narrow(siege.sidecar.http).await?;
    let one = b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(PIPELINED);
    // The sidecar stops reading when its answers are not taken; that is how it should be.
    let _ = tokio::time::timeout(Duration::from_secs(3), stream.write_all(&one)).await;
    let asked = siege.app.requests();
    drop(stream);
    siege.end(attack("h1 answers never read", &format!("{PIPELINED} requests"), "backpressure")).await?;
    ensure!(asked < 200, "{asked} requests reached the app while no answer was taken");
    Ok(())
}

async fn tiny_chunks() -> Result<()> {
    let siege = siege().await?;
    let mut request = b"POST /chunks HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    request.extend(b"1\r\nx\r\n".repeat(CHUNKS));
    request.extend(b"0\r\n\r\n");
    let answer = exchange(&siege, &request, &format!("{CHUNKS} /chunks")).await;
    let cpu = siege.end(attack("h1 chunks of one byte", &format!("{CHUNKS} chunks"), "answered")).await?;
    ensure!(answer?.starts_with("HTTP/1.1 200 "), "not answered");
    ensure!(cpu < Duration::from_secs(1), "{cpu:?} for {CHUNKS} chunks");
    Ok(())
}

async fn continues() -> Result<()> {
    let siege = siege().await?;
    let mut stream = plain(siege.sidecar.http).await?;
    let request = b"POST /c HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n";
    let mut outcome = Ok(());
    for _ in 0..CONTINUES {
        let one = async {
            stream.write_all(request).await?;
            read_until(&mut stream, "HTTP/1.1 100 Continue\r\n\r\n").await.context("100 Continue")?;
            stream.write_all(b"x").await?;
            read_until(&mut stream, "\r\n\r\n1 /c").await.context("the answer")
        };
        outcome = tokio::time::timeout(PATIENCE, one).await.context("in time")?.map(drop);
        if outcome.is_err() {
            break;
        }
    }
    drop(stream);
    siege.end(attack("h1 100-continue", &format!("{CONTINUES} requests"), "answered")).await?;
    outcome
}

async fn too_large_to_continue() -> Result<()> {
    let siege = siege().await?;
    let mut outcomes = Vec::new();
    for _ in 0..200 {
        let request =
            b"POST /c HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n";
        outcomes.push(exchange(&siege, request, "}").await?);
    }
    let asked = siege.app.requests();
    siege.end(attack("h1 100-continue, body too large", "200 requests", "413")).await?;
    let wrong = outcomes.iter().find(|answer| !answer.starts_with("HTTP/1.1 413 "));
    ensure!(wrong.is_none(), "{wrong:?}");
    ensure!(asked < 200, "a request that was refused reached the app");
    Ok(())
}

async fn exchange(siege: &Siege, request: &[u8], end: &str) -> Result<String> {
    let mut stream = plain(siege.sidecar.http).await?;
    let (mut reader, mut writer) = stream.split();
    let both = async { tokio::join!(writer.write_all(request), read_until(&mut reader, end)) };
    tokio::time::timeout(PATIENCE, both).await.context("no answer in time")?.1
}

async fn read_until(reader: &mut (impl AsyncReadExt + Unpin), end: &str) -> Result<String> {
    let mut answer = Vec::new();
    while !answer.ends_with(end.as_bytes()) {
        let length = reader.read_buf(&mut answer).await?;
        ensure!(length > 0, "the connection ended after {:?}", String::from_utf8_lossy(&answer));
    }
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

async fn siege() -> Result<Siege> {
    let policy = json!({"auth": {"mode": "None"}, "tls": {"redirect": {"enforcement": "Disabled"}}});
    Siege::begin(&json!({ "policy": policy })).await
}

fn attack(kind: &str, amount: &str, end: &str) -> Attack {
    let (kind, amount, end) = (kind.to_owned(), amount.to_owned(), end.to_owned());
    Attack { kind, amount, end, may_leave: LEFT, may_take: TAKEN }
}
