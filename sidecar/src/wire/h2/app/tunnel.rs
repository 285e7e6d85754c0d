//! The app's end of a WebSocket over HTTP/2 (RFC 8441).

use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use h2::{RecvStream, SendStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connection::Lease;

/// What is copied at once for the app, in bytes.
const PIECE: usize = 16 * 1024;

/// The app's end of a tunnel; dropped before its end, the app's stream is cancelled.
pub(super) struct AppTunnel {
    from: RecvStream,
    to: SendStream<Bytes>,
    unread: Bytes,
    has_ended: bool,
    _lease: Lease,
}

impl AppTunnel {
    pub(super) fn new(from: RecvStream, to: SendStream<Bytes>, lease: Lease) -> Self {
        Self { from, to, unread: Bytes::new(), has_ended: false, _lease: lease }
    }
}

impl AsyncRead for AppTunnel {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        while self.unread.is_empty() {
            match ready!(self.from.poll_data(context)) {
                Some(Ok(data)) => self.unread = data,
                Some(Err(error)) => return Poll::Ready(Err(broken(error))),
                None => return Poll::Ready(Ok(())),
            }
        }
        let taken = self.unread.len().min(buffer.remaining());
        buffer.put_slice(self.unread.get(..taken).unwrap_or_default());
        self.unread.advance(taken);
        // A stream that is over takes nothing back: then it does not matter.
        let _ = self.from.flow_control().release_capacity(taken);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for AppTunnel {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        self.to.reserve_capacity(bytes.len().min(PIECE));
        let room = match self.to.capacity() {
            0 => match ready!(self.to.poll_capacity(context)) {
                Some(room) => room.map_err(broken)?,
                None => return Poll::Ready(Err(ErrorKind::BrokenPipe.into())),
            },
            room => room,
        };
        let piece = bytes.get(..room.min(PIECE)).unwrap_or(bytes);
        self.to.send_data(Bytes::copy_from_slice(piece), false).map_err(broken)?;
        Poll::Ready(Ok(piece.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        if !self.has_ended {
            self.has_ended = true;
            self.to.send_data(Bytes::new(), true).map_err(broken)?;
        }
        Poll::Ready(Ok(()))
    }
}

fn broken(error: h2::Error) -> Error {
    Error::new(ErrorKind::ConnectionReset, error)
}
