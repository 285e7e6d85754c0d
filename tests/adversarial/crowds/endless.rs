//! Parts of a request that never end: each has to be cut long before it costs anything.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::connect::plain;
use crate::siege::{Attack, Siege};
use crate::step::{Step, step};

/// What is sent at most, and by when it has to be cut.
const MOST: usize = 4 << 20;
/// What is sent before looking for an answer.
const PIECE: usize = 16 << 10;
const LOOK: Duration = Duration::from_millis(2);
/// What may be left and taken, in KiB.
const LEFT: i64 = 1024;
const TAKEN: i64 = 4 * 1024;

/// Something that does not end.
struct Endless {
    name: &'static str,
    /// What comes before it.
    start: &'static str,
    /// What is repeated; `#` becomes a number.
    part: &'static str,
    /// The statuses that answer it; none where the connection may just end.
    statuses: &'static [&'static str],
}

const CHUNKED: &str = "POST /e HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";

const ALL: &[Endless] = &[
    Endless { name: "request line", start: "GET /", part: "aaaaaaaaaaaaaaaa", statuses: &["400", "414"] },
    Endless { name: "method", start: "", part: "AAAAAAAAAAAAAAAA", statuses: &["400", "405", "414", "431", "501"] },
    Endless {
        name: "header lines",
        start: "GET / HTTP/1.1\r\nHost: localhost\r\n",
        part: "X-#: y\r\n",
        statuses: &["431"],
    },
    Endless {
        name: "header value",
        start: "GET / HTTP/1.1\r\nHost: localhost\r\nX: ",
        part: "aaaaaaaa",
        statuses: &["431"],
    },
    Endless {
        name: "header name",
        start: "GET / HTTP/1.1\r\nHost: localhost\r\nX",
        part: "aaaaaaaa",
        statuses: &["400", "431"],
    },
    Endless { name: "blank lines before a request", start: "", part: "\r\n\r\n\r\n\r\n", statuses: &["400", "431"] },
    Endless { name: "chunk size", start: CHUNKED, part: "00000000", statuses: &["400"] },
    Endless {
        name: "chunk extension",
        start: "POST /e HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1;a=",
        part: "bbbbbbbb",
        statuses: &["400"],
    },
    Endless {
        name: "chunk extensions",
        start: CHUNKED,
        part: "1;a=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\nx\r\n",
        statuses: &["400", "413"],
    },
    Endless {
        name: "trailers",
        start: "POST /e HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
        part: "X-#: y\r\n",
        statuses: &["400", "431"],
    },
    Endless { name: "body beyond the limit", start: CHUNKED, part: "400\r\n@\r\n", statuses: &["413"] },
];

pub fn steps() -> Vec<Step> {
    ALL.iter().map(|endless| step(&format!("endless: {}", endless.name), move || survive(endless))).collect()
}

async fn survive(endless: &Endless) -> Result<()> {
    let policy = json!({"auth": {"mode": "None"}, "tls": {"redirect": {"enforcement": "Disabled"}}});
    let siege = Siege::begin(&json!({ "policy": policy })).await?;
    let (sent, answer) = pour(endless, &siege).await?;
    let status = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).unwrap_or("closed");
    let attack = Attack {
        kind: format!("h1 endless {}", endless.name),
        amount: format!("{} KiB", sent / 1024),
        end: if sent < MOST { status.to_owned() } else { "not cut".to_owned() },
        may_leave: LEFT,
        may_take: TAKEN,
    };
    siege.end(attack).await?;
    ensure!(sent < MOST, "{} KiB were taken without an end", sent / 1024);
    ensure!(endless.statuses.contains(&status), "answered with {answer:?}");
    Ok(())
}

/// Sends until the connection is answered or closed; gives what was sent, and the answer.
async fn pour(endless: &Endless, siege: &Siege) -> Result<(usize, String)> {
    let mut stream = plain(siege.sidecar.http).await?;
    let mut answer = Vec::new();
    let (mut sent, mut number) = (0, 0);
    let mut out = endless.start.as_bytes().to_vec();
    while sent < MOST {
        while out.len() < PIECE {
            number += 1;
            out.extend(endless.part.replace('#', &number.to_string()).replace('@', &"x".repeat(1024)).as_bytes());
        }
        let written = tokio::time::timeout(Duration::from_secs(2), stream.write_all(&out)).await;
        sent += out.len();
        out.clear();
        if !matches!(written, Ok(Ok(()))) || read(&mut stream, &mut answer, LOOK).await.is_some() {
            break;
        }
    }
    // The rest of the answer, and its end.
    while read(&mut stream, &mut answer, Duration::from_secs(1)).await.is_some_and(|length| length > 0) {}
    Ok((sent, String::from_utf8_lossy(&answer).into_owned()))
}

/// Reads what is there within a time: `None` for nothing, 0 for the end.
async fn read(stream: &mut tokio::net::TcpStream, answer: &mut Vec<u8>, within: Duration) -> Option<usize> {
    let read = tokio::time::timeout(within, stream.read_buf(answer)).await.ok()?;
    Some(read.unwrap_or(0))
}
