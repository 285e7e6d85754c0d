//! One connection that asks again and again, and knows when the sidecar has announced its end.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;

use crate::connect::{Alpn, Stream, Trust};

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What became of a request.
#[derive(Debug)]
pub enum Fate {
    /// Answered with 200, whole.
    Served,
    /// Answered with 200, whole, and the connection ends.
    ServedLast,
    /// Never sent, or known not to have been looked at: it may go to another connection.
    NotTaken,
    /// Sent on a connection that had not been announced as closing, and not answered as it should.
    Lost(anyhow::Error),
}

/// A connection.
pub enum Client {
    /// HTTP/1.1 over TLS.
    Http1(Stream),
    /// HTTP/2 over TLS.
    Http2(h2::client::SendRequest<bytes::Bytes>, JoinHandle<()>),
}

impl Client {
    /// Opens one.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn open(trust: &Trust, address: SocketAddr, alpn: Alpn) -> Result<Self> {
        let stream = trust.tls(address, alpn).await?;
        if alpn == Alpn::Http1 {
            return Ok(Self::Http1(Box::new(stream)));
        }
        let (sender, connection) = h2::client::handshake(stream).await.context("beginning HTTP/2")?;
        // How a connection ends shows in its requests.
        let driver = tokio::spawn(async move { drop(connection.await) });
        Ok(Self::Http2(sender, driver))
    }

    /// Asks once.
    pub async fn ask(&mut self, method: &str, path: &str) -> Fate {
        let asking = async {
            match self {
                Self::Http1(stream) => http1(stream, method, path).await,
                Self::Http2(sender, _) => http2(sender, method, path).await,
            }
        };
        match tokio::time::timeout(PATIENCE, asking).await {
            Ok(Ok(fate)) => fate,
            Ok(Err(error)) => Fate::Lost(error),
            Err(_) => Fate::Lost(anyhow::anyhow!("no answer in {PATIENCE:?}")),
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Self::Http2(_, driver) = self {
            driver.abort();
        }
    }
}

async fn http1(stream: &mut Stream, method: &str, path: &str) -> Result<Fate> {
    let length = if method == "POST" { "Content-Length: 0\r\n" } else { "" };
    let request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{length}\r\n");
    stream.write_all(request.as_bytes()).await.context("writing")?;
    stream.flush().await.context("writing")?;
    let mut answer = Vec::new();
    loop {
        if let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase();
            if answer.len() >= end + 4 + length_of(&head)? {
                ensure!(head.starts_with("http/1.1 200 "), "{}", String::from_utf8_lossy(&answer));
                let is_last = head.contains("\r\nconnection: close");
                return Ok(if is_last { Fate::ServedLast } else { Fate::Served });
            }
        }
        let read = stream.read_buf(&mut answer).await;
        ensure!(read.context("reading")? > 0, "closed after {} bytes of the answer", answer.len());
    }
}

fn length_of(head: &str) -> Result<usize> {
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    Ok(length.with_context(|| format!("no Content-Length in {head}"))?.trim().parse()?)
}

async fn http2(sender: &mut h2::client::SendRequest<bytes::Bytes>, method: &str, path: &str) -> Result<Fate> {
    // GOAWAY announces the end: from then on the connection takes nothing.
    let Ok(mut sender) = sender.clone().ready().await else { return Ok(Fate::NotTaken) };
    let request = http::Request::builder().method(method).uri(format!("https://localhost{path}")).body(())?;
    let answer = match sender.send_request(request, true) {
        Ok((answer, _)) => answer.await,
        Err(_) => return Ok(Fate::NotTaken),
    };
    let answer = match answer {
        Ok(answer) => answer,
        // Streams above the last one of a GOAWAY, and refused ones, were not looked at (RFC 9113 sections 6.8, 8.7).
        Err(error) if error.is_remote() && error.reason() == Some(h2::Reason::REFUSED_STREAM) => {
            return Ok(Fate::NotTaken);
        }
        Err(error) if error.is_go_away() && error.is_remote() && error.reason() == Some(h2::Reason::NO_ERROR) => {
            return Ok(Fate::NotTaken);
        }
        Err(error) => bail!("{error}"),
    };
    ensure!(answer.status() == 200, "{answer:?}");
    let mut body = answer.into_body();
    while let Some(piece) = body.data().await {
        let piece = piece.context("the answer broke off")?;
        body.flow_control().release_capacity(piece.len())?;
    }
    Ok(Fate::Served)
}
