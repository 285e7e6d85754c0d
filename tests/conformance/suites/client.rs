//! A client of HTTP/1.1 and HTTP/2 over TLS that sees an answer's body piece by piece.

use std::fmt;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::sidecar::Sidecar;

/// What the client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    Http1,
    Http2,
}

/// Both, for what must be alike.
pub const BOTH: [Version; 2] = [Version::Http1, Version::Http2];

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Http1 => "over HTTP/1.1",
            Self::Http2 => "over HTTP/2",
        })
    }
}

/// GET, with the fields that let trailers through.
///
/// # Errors
/// When the path is none.
pub fn get(path: &str) -> Result<Request<Full<Bytes>>> {
    let request = Request::get(format!("https://localhost{path}")).header("te", "trailers");
    Ok(request.body(Full::default())?)
}

/// Sends a request on a connection of its own and gives the answer's head; the body follows as it comes.
///
/// # Errors
/// When there is no answer.
pub async fn send<B>(sidecar: &Sidecar, version: Version, request: Request<B>) -> Result<Response<Incoming>>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let answer = match version {
        Version::Http1 => {
            let io = TokioIo::new(sidecar.connect("http/1.1").await?);
            let (mut sender, connection) = http1::handshake(io).await?;
            tokio::spawn(connection);
            sender.send_request(in_origin_form(request)?).await
        }
        Version::Http2 => {
            let io = TokioIo::new(sidecar.connect("h2").await?);
            let (mut sender, connection) = http2::handshake(TokioExecutor::new(), io).await?;
            tokio::spawn(connection);
            sender.send_request(request).await
        }
    };
    answer.with_context(|| format!("no answer {version}"))
}

/// HTTP/1.1 names the host in a field, and only the path in the request line; TE is named in Connection.
fn in_origin_form<B>(mut request: Request<B>) -> Result<Request<B>> {
    let authority = request.uri().authority().context("a request without authority")?.to_string();
    let path = request.uri().path_and_query().context("a request without path")?.to_string();
    *request.uri_mut() = path.parse()?;
    request.headers_mut().insert("host", authority.parse()?);
    if request.headers().contains_key("te") {
        request.headers_mut().insert("connection", "te".parse()?);
    }
    Ok(request)
}

/// The rest of a body, and its trailers.
///
/// # Errors
/// When it does not come whole.
pub async fn rest(body: Incoming) -> Result<(Bytes, Option<HeaderMap>)> {
    let whole = body.collect().await.context("the body broke off")?;
    let trailers = whole.trailers().cloned();
    Ok((whole.to_bytes(), trailers))
}

/// A body's next piece of data.
///
/// # Errors
/// When there is none.
pub async fn next(body: &mut Incoming) -> Result<Bytes> {
    let frame = body.frame().await.context("the body ended")??;
    frame.into_data().map_err(|_| anyhow::anyhow!("trailers instead of data"))
}
