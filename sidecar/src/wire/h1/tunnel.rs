//! Bytes both ways between a client and the app, once their connection was upgraded.

use std::io::Result;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite};

use super::link::Link;
use crate::wire::body::Tunnel;
use crate::wire::io::{Transport, poll_read};
use crate::wire::traits::ClientGone;

/// Both directions of a tunnel. Nothing is held of what the other side can take at once.
pub(super) struct TunnelPipe {
    app: Tunnel,
    up: Way,
    down: Way,
}

/// One direction.
#[derive(Default)]
struct Way {
    /// What was read and could not be written yet.
    waiting: Bytes,
    has_ended: bool,
    is_closed: bool,
}

impl TunnelPipe {
    pub(super) fn new(app: Tunnel) -> Self {
        Self { app, up: Way::default(), down: Way::default() }
    }

    /// Passes bytes on; ready when both directions have ended, or one of them broke.
    pub(super) fn poll<T: Transport>(
        &mut self,
        link: &mut Link<T>,
        context: &mut Context<'_>,
    ) -> Poll<std::result::Result<(), ClientGone>> {
        link.ends = true;
        if !link.inlet.bytes().is_empty() {
            // Sent behind the handshake, before its answer.
            self.up.waiting = link.inlet.take(usize::MAX);
        }
        let up = self.up.poll(&mut link.io, &mut self.app, context);
        let down = self.down.poll(&mut self.app, &mut link.io, context);
        match (up, down) {
            (Poll::Ready(Err(_)), _) | (_, Poll::Ready(Err(_))) => {
                link.failed = true;
                Poll::Ready(Err(ClientGone))
            }
            (Poll::Ready(Ok(())), Poll::Ready(Ok(()))) => Poll::Ready(Ok(())),
            _ => Poll::Pending,
        }
    }
}

impl Way {
    fn poll<R, W>(&mut self, mut from: &mut R, mut to: &mut W, context: &mut Context<'_>) -> Poll<Result<()>>
    where
        R: AsyncRead + Unpin + ?Sized,
        W: AsyncWrite + Unpin + ?Sized,
    {
        while !self.is_closed {
            while !self.waiting.is_empty() {
                let written = ready!(Pin::new(&mut to).poll_write(context, &self.waiting))?;
                self.waiting.advance(written);
            }
            if self.has_ended {
                ready!(Pin::new(&mut to).poll_shutdown(context))?;
                self.is_closed = true;
            } else if let Poll::Ready(read) = poll_read(&mut from, context, Bytes::copy_from_slice) {
                self.waiting = read?;
                self.has_ended = self.waiting.is_empty();
            } else {
                ready!(Pin::new(&mut to).poll_flush(context))?;
                return Poll::Pending;
            }
        }
        Poll::Ready(Ok(()))
    }
}
