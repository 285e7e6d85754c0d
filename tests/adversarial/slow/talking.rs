//! Clients that send slowly, or nothing.

use std::time::{Duration, Instant};

use anyhow::Result;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, Connection as Session};

use super::patience::{End, WATCHED, drip, say_once};
use crate::connect::{Alpn, Stream, Trust, plain};
use crate::http2::connection::Connection;
use crate::http2::frames::{DATA, frame, headers, request};
use crate::sidecar::Addresses;

const HEAD: &str = "GET /slow-head HTTP/1.1\r\nHost: localhost\r\n";

/// A field line each second, and never the end of the head.
pub async fn slow_headers(to: Addresses) -> Result<End> {
    let mut first = Some(HEAD.as_bytes().to_vec());
    let next = move || first.take().unwrap_or_else(|| b"X-More: y\r\n".to_vec());
    drip(Box::new(plain(to.http).await?), Duration::from_secs(1), next).await
}

/// A head of one byte every half second.
pub async fn slow_headers_over_tls(to: Addresses) -> Result<End> {
    let mut bytes = HEAD.bytes().chain(std::iter::repeat(b'x'));
    let next = move || bytes.by_ref().take(1).collect();
    drip(secure(&to, Alpn::Http1).await?, Duration::from_millis(500), next).await
}

/// Nothing at all.
pub async fn silence(to: Addresses) -> Result<End> {
    say_once(Box::new(plain(to.http).await?), Vec::new()).await
}

/// Half of a ClientHello, and then nothing.
pub async fn half_hello(to: Addresses) -> Result<End> {
    let hello = client_hello(&to.trust)?;
    say_once(Box::new(plain(to.https).await?), hello[..hello.len() / 2].to_vec()).await
}

/// A ClientHello in TLS records of one byte each, four in a second.
pub async fn hello_in_pieces(to: Addresses) -> Result<End> {
    let hello = client_hello(&to.trust)?;
    // Behind the five bytes of its own record header, each byte becomes a record (RFC 8446 section 5.1).
    let mut pieces = hello.into_iter().skip(5).map(|byte| vec![22, 3, 1, 0, 1, byte]);
    let next = move || pieces.next().unwrap_or_default();
    drip(Box::new(plain(to.https).await?), Duration::from_millis(250), next).await
}

/// A handshake, and then nothing.
pub async fn silence_over_tls(to: Addresses) -> Result<End> {
    say_once(secure(&to, Alpn::Http1).await?, Vec::new()).await
}

/// The preface of HTTP/2, and then nothing.
pub async fn silence_over_http2(to: Addresses) -> Result<End> {
    let connection = Connection::over(secure(&to, Alpn::Http2).await?).await?;
    ended(connection, WATCHED, |_| Vec::new()).await
}

/// A body of one byte every two seconds.
pub async fn slow_body(to: Addresses) -> Result<End> {
    let head = "POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n";
    drip_body(Box::new(plain(to.http).await?), head, b"x").await
}

/// The same over TLS and in chunks.
pub async fn slow_chunks(to: Addresses) -> Result<End> {
    let head = "POST /upload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    drip_body(secure(&to, Alpn::Http1).await?, head, b"1\r\nx\r\n").await
}

async fn drip_body(stream: Stream, head: &str, piece: &'static [u8]) -> Result<End> {
    let mut first = Some(head.as_bytes().to_vec());
    drip(stream, Duration::from_secs(2), move || first.take().unwrap_or_else(|| piece.to_vec())).await
}

/// The same over HTTP/2.
pub async fn slow_body_over_http2(to: Addresses) -> Result<End> {
    let connection = Connection::over(secure(&to, Alpn::Http2).await?).await?;
    let next = |turn| {
        let mut out = Vec::new();
        match turn {
            0 => headers(&mut out, 1, &request("POST", "/upload"), false),
            _ => frame(&mut out, DATA, 0, 1, b"x"),
        }
        out
    };
    ended(connection, Duration::from_secs(2), next).await
}

/// One request, and then nothing.
pub async fn idle(to: Addresses) -> Result<End> {
    let request = "GET /first HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut stream = secure(&to, Alpn::Http1).await?;
    tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"0 /first") {
        anyhow::ensure!(tokio::io::AsyncReadExt::read_buf(&mut stream, &mut answer).await? > 0, "no answer");
    }
    say_once(stream, Vec::new()).await
}

/// The same over HTTP/2.
pub async fn idle_over_http2(to: Addresses) -> Result<End> {
    let mut connection = Connection::over(secure(&to, Alpn::Http2).await?).await?;
    let mut out = Vec::new();
    headers(&mut out, 1, &request("GET", "/first"), true);
    connection.send(&out).await?;
    connection.until(Duration::from_secs(10), |seen| seen.ended == 1).await?;
    let began = Instant::now();
    let is_over = connection.is_cut_within(WATCHED).await;
    Ok(End { after: is_over.then(|| began.elapsed()), how: connection.seen().end() })
}

/// Sends one piece after another until the connection or its first stream is over.
async fn ended(mut connection: Connection, every: Duration, next: impl Fn(usize) -> Vec<u8>) -> Result<End> {
    let began = Instant::now();
    let mut turn = 0;
    while began.elapsed() < WATCHED {
        // A connection that is closed takes nothing more: what was seen tells.
        let _ = connection.send(&next(turn)).await;
        turn += 1;
        let left = every.min(WATCHED.saturating_sub(began.elapsed()));
        let is_over =
            |seen: &crate::http2::connection::Seen| seen.is_cut() || seen.answered > 0 || !seen.resets.is_empty();
        if connection.until(left, is_over).await.is_ok() {
            let seen = connection.seen();
            let how = match (seen.answered, seen.resets.get(&1)) {
                (0, None) => seen.end(),
                (0, Some(code)) => format!("stream reset with {code}"),
                _ => "answered".to_owned(),
            };
            return Ok(End { after: Some(began.elapsed()), how });
        }
    }
    Ok(End { after: None, how: connection.seen().end() })
}

async fn secure(to: &Addresses, alpn: Alpn) -> Result<Stream> {
    Ok(Box::new(to.trust.tls(to.https, alpn).await?))
}

/// The first flight of a handshake.
fn client_hello(trust: &Trust) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let client = ClientConnection::new(trust.config(Alpn::Http1), ServerName::try_from("localhost")?)?;
    Session::from(client).write_tls(&mut bytes)?;
    Ok(bytes)
}
