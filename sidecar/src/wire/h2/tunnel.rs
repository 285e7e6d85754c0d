//! A WebSocket over HTTP/2 (RFC 8441): the stream's DATA both ways, joined to the app's end of the tunnel.

use std::time::Duration;

use bytes::BytesMut;
use h2::RecvStream;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};

use super::answer::Outgoing;
use crate::wire::body::Tunnel;
use crate::wire::traits::ClientGone;

/// What is read of the app at once, in bytes.
const PIECE: usize = 16 * 1024;
/// How long a client may go on once the app has ended.
const FAREWELL: Duration = Duration::from_secs(5);

/// Passes bytes on until both sides have ended, or one of them broke.
pub(super) async fn join(app: Tunnel, incoming: RecvStream, mut outgoing: Outgoing) -> Result<(), ClientGone> {
    let (from_app, to_app) = tokio::io::split(app);
    let mut up = std::pin::pin!(up(incoming, to_app));
    let mut down = std::pin::pin!(down(from_app, &mut outgoing));
    tokio::select! {
        sent = &mut up => {
            sent?;
            down.await
        }
        sent = &mut down => {
            sent?;
            tokio::time::timeout(FAREWELL, up).await.unwrap_or(Ok(()))
        }
    }
}

/// From the client to the app: the client may send on as the app takes it.
async fn up(mut incoming: RecvStream, mut app: WriteHalf<Tunnel>) -> Result<(), ClientGone> {
    while let Some(data) = incoming.data().await {
        let data = data.map_err(|_| ClientGone)?;
        app.write_all(&data).await.map_err(|_| ClientGone)?;
        app.flush().await.map_err(|_| ClientGone)?;
        incoming.flow_control().release_capacity(data.len()).map_err(|_| ClientGone)?;
    }
    app.shutdown().await.map_err(|_| ClientGone)
}

/// From the app to the client.
async fn down(mut app: ReadHalf<Tunnel>, outgoing: &mut Outgoing) -> Result<(), ClientGone> {
    let mut buffer = BytesMut::new();
    loop {
        buffer.reserve(PIECE);
        let read = tokio::select! {
            read = app.read_buf(&mut buffer) => read,
            gone = std::future::poll_fn(|context| outgoing.poll_gone(context)) => return Err(gone),
        };
        match read {
            Ok(0) => return outgoing.send(bytes::Bytes::new(), true).await,
            Ok(_) => outgoing.send(buffer.split().freeze(), false).await?,
            Err(_) => return Err(outgoing.reset(h2::Reason::CONNECT_ERROR)),
        }
    }
}
