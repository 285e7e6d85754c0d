//! WebSockets to an HTTP/1.1 app, opened over HTTP/1.1 and over HTTP/2: messages, closes, and both sides' ends.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::chat::{self, Chat};
use crate::client::{BOTH, Version};
use crate::sidecar::{OPEN, Sidecar};
use crate::step::{Step, soon, within};
use crate::tunnel::{self, Opened, Socket};

pub const STEPS: &[Step] = &[
    Step::new("WebSocket: messages of every kind come back", messages_come_back),
    Step::new("WebSocket: a large message comes back whole", a_large_message_comes_back),
    Step::new("WebSocket: close codes reach the other side, both ways", close_codes_arrive),
    Step::new("WebSocket: the app chooses the subprotocol", the_subprotocol_is_chosen),
    Step::new("WebSocket: where one side is gone, the other learns it", ends_are_told),
    Step::new("WebSocket: several share an HTTP/2 connection with requests", several_share_a_connection),
];

const LIMIT: Duration = Duration::from_secs(20);

async fn world() -> Result<(Chat, Sidecar)> {
    let chat = chat::start().await?;
    let sidecar = Sidecar::start(OPEN, chat.address)?;
    Ok((chat, sidecar))
}

async fn open(sidecar: &Sidecar, version: Version) -> Result<Socket> {
    let opened = soon("the handshake", tunnel::open(sidecar, version, &[])).await?;
    opened.and_then(Opened::socket).with_context(|| version.to_string())
}

async fn next(socket: &mut Socket) -> Result<Message> {
    Ok(soon("a message", socket.next()).await?.context("the tunnel ended")??)
}

async fn comes_back(socket: &mut Socket, message: Message) -> Result<()> {
    socket.send(message.clone()).await?;
    let back = next(socket).await?;
    ensure!(back == message, "{} bytes came back as {} others", message.len(), back.len());
    Ok(())
}

fn messages_come_back() -> Result<()> {
    within(LIMIT, async {
        let (_chat, sidecar) = world().await?;
        for version in BOTH {
            let mut socket = open(&sidecar, version).await?;
            comes_back(&mut socket, Message::text("hello")).await.with_context(|| version.to_string())?;
            comes_back(&mut socket, Message::binary(vec![0, 255, 13, 10])).await?;
            comes_back(&mut socket, Message::text("")).await?;
            socket.send(Message::Ping(Bytes::from_static(b"here?"))).await?;
            let pong = next(&mut socket).await?;
            ensure!(pong == Message::Pong(Bytes::from_static(b"here?")), "{version}: {pong:?}");
        }
        Ok(())
    })
}

fn a_large_message_comes_back() -> Result<()> {
    within(LIMIT, async {
        let (_chat, sidecar) = world().await?;
        for version in BOTH {
            let mut socket = open(&sidecar, version).await?;
            // Larger than any window or buffer on the way, and than what a policy allows a body.
            let bytes: Vec<u8> = (0..8_u32 << 20).map(|index| index.to_le_bytes()[0]).collect();
            comes_back(&mut socket, Message::binary(bytes)).await.with_context(|| version.to_string())?;
        }
        Ok(())
    })
}

fn close_codes_arrive() -> Result<()> {
    within(LIMIT, async {
        let (mut chat, sidecar) = world().await?;
        for version in BOTH {
            let mut socket = open(&sidecar, version).await?;
            let close = CloseFrame { code: CloseCode::from(4001), reason: "enough".into() };
            socket.close(Some(close.clone())).await?;
            let closed = soon("the app's view of the close", chat.ends.recv()).await?.context("no app")?;
            ensure!(closed == "closed with 4001 enough", "{version}: the app saw: {closed}");
            let back = next(&mut socket).await?;
            ensure!(back == Message::Close(Some(close)), "{version}: {back:?}");

            let mut socket = open(&sidecar, version).await?;
            socket.send(Message::text(chat::CLOSE_1011)).await?;
            let close = CloseFrame { code: CloseCode::Error, reason: "broken".into() };
            let closed = next(&mut socket).await?;
            ensure!(closed == Message::Close(Some(close)), "{version}: {closed:?}");
            let end = soon("the end after the close", async { while let Some(Ok(_)) = socket.next().await {} });
            end.await?;
            drop(chat.ends.recv().await);
        }
        Ok(())
    })
}

fn the_subprotocol_is_chosen() -> Result<()> {
    within(LIMIT, async {
        let (_chat, sidecar) = world().await?;
        for version in BOTH {
            let opened = tunnel::open(&sidecar, version, &[("sec-websocket-protocol", "news, chat")]).await?;
            match opened {
                Opened::Open(_, chosen) => ensure!(chosen.as_deref() == Some("chat"), "{version}: {chosen:?}"),
                Opened::Refused(status, body) => anyhow::bail!("{version}: {status} {body}"),
            }
        }
        Ok(())
    })
}

fn ends_are_told() -> Result<()> {
    within(LIMIT, async {
        let (mut chat, sidecar) = world().await?;
        for version in BOTH {
            let mut socket = open(&sidecar, version).await?;
            comes_back(&mut socket, Message::text("hello")).await?;
            drop(socket);
            let end = soon("the app's view of a client that is gone", chat.ends.recv()).await?.context("no app")?;
            ensure!(end.starts_with("gone"), "{version}: the app saw: {end}");

            let mut socket = open(&sidecar, version).await?;
            socket.send(Message::text(chat::VANISH)).await?;
            let end = soon("the client's view of an app that is gone", socket.next()).await?;
            ensure!(!matches!(end, Some(Ok(_))), "{version}: {end:?}");
            drop(chat.ends.recv().await);
        }
        Ok(())
    })
}

fn several_share_a_connection() -> Result<()> {
    within(LIMIT, async {
        let (_chat, sidecar) = world().await?;
        let mut connection = tunnel::http2(&sidecar).await?;
        let mut sockets = Vec::new();
        for _ in 0..5 {
            sockets.push(tunnel::connect(&mut connection, "websocket", &[]).await?.socket()?);
        }
        for (number, socket) in sockets.iter_mut().enumerate() {
            comes_back(socket, Message::text(format!("socket {number}"))).await?;
        }
        let request = hyper::Request::get("https://localhost/").body(())?;
        let (answer, _) = connection.send_request(request, true)?;
        let status = soon("an answer beside WebSockets", answer).await??.status();
        ensure!(status == 200, "{status}");
        for socket in &mut sockets {
            comes_back(socket, Message::text("still there")).await?;
        }
        Ok(())
    })
}
