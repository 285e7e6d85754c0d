//! A client that sees 1xx answers as they come: hyper's over HTTP/1.1, the `h2` crate's over HTTP/2.

use std::future::poll_fn;

use anyhow::{Context, Result};
use hyper::{HeaderMap, Request};
use hyper_util::rt::TokioIo;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use crate::client::{self, Version};
use crate::sidecar::Sidecar;

/// The final answer, once it is there: its status and body.
pub type Pending = JoinHandle<Result<(u16, String)>>;

/// Asks for a path. Each 1xx answer comes as its status and its link, such as `103 </a.css>; rel=preload`.
///
/// # Errors
/// When there is no connection.
pub async fn get(sidecar: &Sidecar, version: Version, path: &str) -> Result<(Pending, UnboundedReceiver<String>)> {
    let (told, hints) = unbounded_channel();
    let answer = match version {
        Version::Http1 => http1(sidecar, path, told).await?,
        Version::Http2 => http2(sidecar, path, told).await?,
    };
    Ok((answer, hints))
}

fn told(status: u16, fields: &HeaderMap) -> String {
    let link = fields.get("link").and_then(|link| link.to_str().ok()).unwrap_or("without a link");
    format!("{status} {link}")
}

async fn http1(sidecar: &Sidecar, path: &str, hints: UnboundedSender<String>) -> Result<Pending> {
    let io = TokioIo::new(sidecar.connect("http/1.1").await?);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await?;
    tokio::spawn(connection);
    let mut request = Request::get(path).header("host", "localhost").body(String::new())?;
    hyper::ext::on_informational(&mut request, move |hint| {
        // Nobody may wait for hints any more.
        let _ = hints.send(told(hint.status().as_u16(), hint.headers()));
    });
    Ok(tokio::spawn(async move {
        let answer = sender.send_request(request).await?;
        let status = answer.status().as_u16();
        let (body, _) = client::rest(answer.into_body()).await?;
        Ok((status, String::from_utf8(body.to_vec())?))
    }))
}

async fn http2(sidecar: &Sidecar, path: &str, hints: UnboundedSender<String>) -> Result<Pending> {
    let (sender, connection) = h2::client::handshake(sidecar.connect("h2").await?).await?;
    tokio::spawn(connection);
    let request = Request::get(format!("https://localhost{path}")).body(())?;
    let (mut answer, _) = sender.ready().await?.send_request(request, true)?;
    Ok(tokio::spawn(async move {
        while let Some(hint) = poll_fn(|context| answer.poll_informational(context)).await {
            let hint = hint?;
            // Nobody may wait for hints any more.
            let _ = hints.send(told(hint.status().as_u16(), hint.headers()));
        }
        let (head, mut body) = answer.await.context("no answer")?.into_parts();
        let mut text = Vec::new();
        while let Some(piece) = body.data().await {
            text.extend_from_slice(&piece?);
        }
        Ok((head.status.as_u16(), String::from_utf8(text)?))
    }))
}
