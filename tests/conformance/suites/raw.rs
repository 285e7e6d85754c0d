//! A client that writes a request's bytes by hand and reads one answer.

use anyhow::{Context, Result};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

use crate::sidecar::Sidecar;

/// An answer, as text.
#[derive(Debug)]
pub struct Raw {
    /// Its status.
    pub status: u16,
    head: String,
    /// Its body, as long as Content-Length says.
    pub body: String,
}

impl Raw {
    /// A field's value.
    pub fn field(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(':'));
        fields.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
    }
}

/// Sends the bytes over TLS and reads the answer.
///
/// # Errors
/// When there is no whole answer.
pub async fn ask(sidecar: &Sidecar, request: &str) -> Result<Raw> {
    let mut stream = sidecar.connect("http/1.1").await?;
    stream.write_all(request.as_bytes()).await?;
    read(&mut stream).await
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Raw> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.context("the answer broke off")?);
    }
    let head = String::from_utf8(head)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let mut answer = Raw { status: status.with_context(|| head.clone())?, head, body: String::new() };
    let length = answer.field("content-length").map_or(Ok(0), str::parse)?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.context("the body broke off")?;
    answer.body = String::from_utf8(body)?;
    Ok(answer)
}
