//! The client's end: tonic's over a TLS connection of its own, and bare HTTP/2 for what must be seen as it was sent.

use anyhow::{Result, ensure};
use bytes::{BufMut, Bytes, BytesMut};
use http::uri::PathAndQuery;
use http_body_util::Full;
use hyper::body::Body;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use prost::Message;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};
use tonic_prost::ProstCodec;
use tower::service_fn;

use super::app::{LARGEST, Note};
use crate::client::{self, Version};
use crate::sidecar::Sidecar;

/// How the sidecar refused a call.
#[derive(Debug)]
pub struct Refusal {
    /// The field `grpc-status`.
    pub code: String,
    /// The field `grpc-message`.
    pub message: String,
}

/// tonic's client, ready for a call.
///
/// # Errors
/// When there is no connection.
pub async fn caller(sidecar: &Sidecar) -> Result<Grpc<Channel>> {
    let stream = sidecar.connect("h2").await?;
    let mut once = Some(TokioIo::new(stream));
    let connector = service_fn(move |_| {
        let stream: Option<TokioIo<TlsStream<TcpStream>>> = once.take();
        async move { stream.ok_or_else(|| std::io::Error::other("the connection ended")) }
    });
    let channel = Endpoint::from_static("https://localhost").connect_with_connector(connector).await?;
    let mut grpc = Grpc::new(channel).max_decoding_message_size(LARGEST);
    grpc.ready().await?;
    Ok(grpc)
}

/// A method's path.
pub fn path(method: &'static str) -> PathAndQuery {
    PathAndQuery::from_static(method)
}

/// How notes are written.
pub fn codec() -> ProstCodec<Note, Note> {
    ProstCodec::default()
}

/// Calls a unary method without a library that would look at the answer.
///
/// # Errors
/// When there is no answer.
pub async fn call(
    sidecar: &Sidecar,
    method: &str,
    note: &Note,
    fields: &[(&str, &str)],
) -> Result<Response<hyper::body::Incoming>> {
    let mut framed = BytesMut::new();
    framed.put_u8(0);
    framed.put_u32(u32::try_from(note.encoded_len())?);
    note.encode(&mut framed)?;
    let mut request = Request::post(format!("https://localhost{method}")).header("te", "trailers");
    for (name, value) in [("content-type", "application/grpc")].iter().chain(fields) {
        request = request.header(*name, *value);
    }
    client::send(sidecar, Version::Http2, request.body(Full::<Bytes>::new(framed.freeze()))?).await
}

/// A refusal as gRPC wants it: 200, the status among the only fields, and nothing after them.
///
/// # Errors
/// When it is another answer.
pub fn refusal(answer: &Response<hyper::body::Incoming>) -> Result<Refusal> {
    let field = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    ensure!(answer.status() == 200, "a refusal with HTTP status {}: {answer:?}", answer.status());
    ensure!(field("content-type").starts_with("application/grpc"), "a refusal as {:?}", field("content-type"));
    ensure!(answer.body().is_end_stream(), "a body follows a refusal: {answer:?}");
    let refusal = Refusal { code: field("grpc-status").to_owned(), message: field("grpc-message").to_owned() };
    ensure!(!refusal.message.is_empty(), "a refusal without grpc-message: {answer:?}");
    Ok(refusal)
}
