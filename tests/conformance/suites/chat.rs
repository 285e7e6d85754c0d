//! A WebSocket app that echoes, does as it is told, and tells how each conversation ended.

use std::net::SocketAddr;

use anyhow::Result;
use futures::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::apps;
use crate::tunnel::sizes;

/// Tells the app to close with 1011 and the reason "broken".
pub const CLOSE_1011: &str = "close 1011";
/// Tells the app to end the connection without a word.
pub const VANISH: &str = "vanish";

/// The running app.
pub struct Chat {
    /// Where it listens.
    pub address: SocketAddr,
    /// How each conversation ended, in order: `closed with CODE REASON`, `vanished`, or `gone: ERROR`.
    pub ends: UnboundedReceiver<String>,
}

/// Starts it. Asked for the subprotocol `chat` among others, it chooses that; an ordinary request
/// is answered with 200.
///
/// # Errors
/// When no port is free.
pub async fn start() -> Result<Chat> {
    let (told, ends) = unbounded_channel();
    let address = apps::listen(move |mut stream| {
        let told = told.clone();
        async move {
            if !is_handshake(&stream).await {
                // Its client misses what could not be written, and says so.
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nchat").await;
                // Until the client has read it and is gone.
                let _ = stream.read_to_end(&mut Vec::new()).await;
                return;
            }
            let accepted = tokio_tungstenite::accept_hdr_async_with_config(stream, choose, Some(sizes())).await;
            if let Ok(socket) = accepted {
                // The test may be over.
                let _ = told.send(converse(socket).await);
            }
        }
    });
    Ok(Chat { address: address.await?, ends })
}

async fn is_handshake(stream: &TcpStream) -> bool {
    let mut head = vec![0; 8 << 10];
    // A head of a few lines comes in one piece.
    let length = stream.peek(&mut head).await.unwrap_or_default();
    head.truncate(length);
    head.to_ascii_lowercase().windows(9).any(|word| word == b"websocket")
}

#[expect(clippy::result_large_err, reason = "the library's signature of a callback")]
fn choose(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let offered = request.headers().get("sec-websocket-protocol").and_then(|value| value.to_str().ok());
    if offered.is_some_and(|offered| offered.split(',').any(|one| one.trim() == "chat")) {
        response.headers_mut().insert("sec-websocket-protocol", http::HeaderValue::from_static("chat"));
    }
    Ok(response)
}

async fn converse(mut socket: WebSocketStream<TcpStream>) -> String {
    loop {
        let message = match socket.next().await {
            None => return "gone: the connection ended".to_owned(),
            Some(Err(error)) => return format!("gone: {error}"),
            Some(Ok(message)) => message,
        };
        let sent = match message {
            Message::Close(frame) => {
                // The library sends the close back as it is driven to the end.
                while let Some(Ok(_)) = socket.next().await {}
                let frame = frame.map_or_else(String::new, |frame| format!("{} {}", frame.code, frame.reason));
                return format!("closed with {frame}");
            }
            Message::Text(text) if text == VANISH => return "vanished".to_owned(),
            Message::Text(text) if text == CLOSE_1011 => {
                socket.close(Some(CloseFrame { code: CloseCode::Error, reason: "broken".into() })).await
            }
            Message::Text(_) | Message::Binary(_) => socket.send(message).await,
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(()),
        };
        if let Err(error) = sent {
            return format!("gone: {error}");
        }
    }
}
