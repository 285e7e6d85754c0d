//! A client of WebSockets, opened by an upgrade over HTTP/1.1 or by extended CONNECT over HTTP/2 (RFC 8441).

use std::future::poll_fn;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use h2::client::SendRequest;
use h2::ext::Protocol;
use h2::{RecvStream, SendStream};
use hyper::{Method, Request};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::client::Version;
use crate::sidecar::Sidecar;

/// What a tunnel runs in.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// An open WebSocket.
pub type Socket = WebSocketStream<Box<dyn Io>>;

/// How a handshake was answered.
pub enum Opened {
    /// The WebSocket, and the subprotocol that the app chose.
    Open(Box<Socket>, Option<String>),
    /// The status and body of the answer that refuses it.
    Refused(u16, String),
}

impl Opened {
    /// The WebSocket.
    ///
    /// # Errors
    /// When it was refused.
    pub fn socket(self) -> Result<Socket> {
        match self {
            Self::Open(socket, _) => Ok(*socket),
            Self::Refused(status, body) => bail!("the handshake was refused with {status}: {body}"),
        }
    }
}

/// Room for messages, beyond the largest that a test sends.
pub fn sizes() -> WebSocketConfig {
    WebSocketConfig::default().max_message_size(Some(64 << 20)).max_frame_size(Some(64 << 20))
}

/// Opens a WebSocket on a connection of its own, with fields beside those of every handshake.
///
/// # Errors
/// When there is no answer.
pub async fn open(sidecar: &Sidecar, version: Version, fields: &[(&'static str, &'static str)]) -> Result<Opened> {
    match version {
        Version::Http1 => upgrade(sidecar, fields).await,
        Version::Http2 => connect(&mut http2(sidecar).await?, "websocket", fields).await,
    }
}

async fn upgrade(sidecar: &Sidecar, fields: &[(&'static str, &'static str)]) -> Result<Opened> {
    let io: Box<dyn Io> = Box::new(sidecar.connect("http/1.1").await?);
    let mut request = "wss://localhost/chat".into_client_request()?;
    for (name, value) in fields {
        request.headers_mut().insert(*name, value.parse()?);
    }
    match tokio_tungstenite::client_async_with_config(request, io, Some(sizes())).await {
        Ok((socket, answer)) => {
            let chosen = answer.headers().get("sec-websocket-protocol");
            let chosen = chosen.map(|value| value.to_str().map(str::to_owned)).transpose()?;
            Ok(Opened::Open(Box::new(socket), chosen))
        }
        Err(Error::Http(answer)) => {
            let body = answer.body().clone().unwrap_or_default();
            Ok(Opened::Refused(answer.status().as_u16(), String::from_utf8(body)?))
        }
        Err(error) => Err(error.into()),
    }
}

/// An HTTP/2 connection whose settings have come, as extended CONNECT may be used only where they say so.
///
/// # Errors
/// When there is no connection, or the settings do not allow extended CONNECT.
pub async fn http2(sidecar: &Sidecar) -> Result<SendRequest<Bytes>> {
    let stream = sidecar.connect("h2").await?;
    let (sender, mut connection) = h2::client::handshake(stream).await?;
    let mut ping = connection.ping_pong().context("no pings")?;
    let driven = tokio::spawn(connection);
    // Settings come before whatever answers the client's first frames.
    ping.ping(h2::Ping::opaque()).await?;
    if !sender.is_extended_connect_protocol_enabled() {
        driven.abort();
        bail!("the settings do not enable extended CONNECT");
    }
    Ok(sender)
}

/// Asks for a tunnel over a stream.
///
/// # Errors
/// When there is no answer.
pub async fn connect(
    connection: &mut SendRequest<Bytes>,
    protocol: &'static str,
    fields: &[(&'static str, &'static str)],
) -> Result<Opened> {
    let request = Request::builder().method(Method::CONNECT).uri("https://localhost/chat");
    let mut request = request.header("sec-websocket-version", "13").body(())?;
    request.extensions_mut().insert(Protocol::from_static(protocol));
    for (name, value) in fields {
        request.headers_mut().insert(*name, value.parse()?);
    }
    poll_fn(|context| connection.poll_ready(context)).await?;
    let (answer, up) = connection.send_request(request, false)?;
    let (head, mut down) = answer.await?.into_parts();
    if head.status != 200 {
        let mut body = Vec::new();
        while let Some(piece) = down.data().await {
            body.extend_from_slice(&piece?);
        }
        return Ok(Opened::Refused(head.status.as_u16(), String::from_utf8(body)?));
    }
    let chosen = head.headers.get("sec-websocket-protocol");
    let chosen = chosen.map(|value| value.to_str().map(str::to_owned)).transpose()?;
    let io: Box<dyn Io> = Box::new(bytes_of(up, down));
    let socket = WebSocketStream::from_raw_socket(io, Role::Client, Some(sizes())).await;
    Ok(Opened::Open(Box::new(socket), chosen))
}

/// The bytes of a stream's DATA frames, both ways.
fn bytes_of(up: SendStream<Bytes>, down: RecvStream) -> DuplexStream {
    let (near, far) = tokio::io::duplex(64 << 10);
    let (read, write) = tokio::io::split(far);
    tokio::spawn(send(read, up));
    tokio::spawn(receive(down, write));
    near
}

async fn send(mut from: ReadHalf<DuplexStream>, mut up: SendStream<Bytes>) -> Result<()> {
    let mut buffer = vec![0; 16 << 10];
    loop {
        let length = from.read(&mut buffer).await?;
        let mut piece = Bytes::copy_from_slice(buffer.get(..length).unwrap_or_default());
        if piece.is_empty() {
            return Ok(up.send_data(piece, true)?);
        }
        while !piece.is_empty() {
            up.reserve_capacity(piece.len());
            let room = poll_fn(|context| up.poll_capacity(context)).await.context("the stream was reset")??;
            up.send_data(piece.split_to(room.min(piece.len())), false)?;
        }
    }
}

async fn receive(mut down: RecvStream, mut to: WriteHalf<DuplexStream>) -> Result<()> {
    while let Some(piece) = down.data().await {
        let piece = piece?;
        to.write_all(&piece).await?;
        down.flow_control().release_capacity(piece.len())?;
    }
    Ok(to.shutdown().await?)
}
