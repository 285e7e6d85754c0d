//! What the bodies of a request have come to, counted as they pass.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use futures::Stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::wire::{Body, BodyError, BodyStream, Frame, Tunnel};

/// What the bodies of a request have come to.
#[derive(Debug, Default)]
pub struct Transfer {
    received: AtomicU64,
    sent: AtomicU64,
    /// The body's limit was passed.
    overrun: AtomicBool,
    /// Somebody waits for the client to send on.
    waiting: AtomicBool,
}

impl Transfer {
    /// Bytes of the request's body that were read.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Bytes of the answer's body that were taken.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Bytes in both directions.
    #[must_use]
    pub fn moved(&self) -> u64 {
        self.received().wrapping_add(self.sent())
    }

    /// Notes a body that was sent whole.
    pub fn add_sent(&self, bytes: u64) {
        self.sent.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Whether the request's body passed its limit.
    #[must_use]
    pub fn overran(&self) -> bool {
        self.overrun.load(Ordering::Relaxed)
    }

    /// Whether the client owes a piece of its body.
    #[must_use]
    pub fn waits_for_client(&self) -> bool {
        self.waiting.load(Ordering::Relaxed)
    }

    /// The request's body, counted; `limit` is the length beyond which it counts as overrun. Its trailers are left
    /// out (RFC 9110 section 6.5.1 allows it): an app that merges them into the head would read in them what no phase
    /// has judged, such as an identity.
    #[must_use]
    pub fn incoming(self: &Arc<Self>, inner: BodyStream, limit: Option<u64>) -> BodyStream {
        Box::pin(Received { inner, limit, transfer: Arc::clone(self) })
    }

    /// The answer's body, counted. It breaks off when the request's body overran its limit after the answer began:
    /// the app has seen half a request, so what it says about it must not look whole.
    #[must_use]
    pub fn outgoing(self: &Arc<Self>, body: Body, abort_on_overrun: bool) -> Body {
        match body {
            Body::Whole(bytes) => Body::Whole(bytes),
            Body::Tunnel(inner) => Body::Tunnel(self.tunnel(inner)),
            Body::Stream(inner) => Body::Stream(Box::pin(Sent { inner, abort_on_overrun, transfer: Arc::clone(self) })),
        }
    }
}

impl Transfer {
    /// The app's end of a tunnel, counted.
    fn tunnel(self: &Arc<Self>, inner: Tunnel) -> Tunnel {
        Box::new(Tunnelled { inner, transfer: Arc::clone(self) })
    }
}

struct Tunnelled {
    inner: Tunnel,
    transfer: Arc<Transfer>,
}

impl AsyncRead for Tunnelled {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        self.transfer.add_sent(buffer.filled().len().saturating_sub(before) as u64);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tunnelled {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write(context, bytes))?;
        self.transfer.received.fetch_add(written as u64, Ordering::Relaxed);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

struct Received {
    inner: BodyStream,
    limit: Option<u64>,
    transfer: Arc<Transfer>,
}

impl Stream for Received {
    type Item = Result<Frame, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.inner.as_mut().poll_next(context);
        self.transfer.waiting.store(next.is_pending(), Ordering::Relaxed);
        let next = ready!(next);
        if let Some(Ok(Frame::Trailers(_))) = &next {
            return Poll::Ready(None);
        }
        if let Some(Ok(Frame::Data(bytes))) = &next {
            let length = bytes.len() as u64;
            let total = self.transfer.received.fetch_add(length, Ordering::Relaxed) + length;
            if self.limit.is_some_and(|limit| total > limit) {
                self.transfer.overrun.store(true, Ordering::Relaxed);
            }
        }
        Poll::Ready(next)
    }
}

struct Sent {
    inner: BodyStream,
    abort_on_overrun: bool,
    transfer: Arc<Transfer>,
}

impl Stream for Sent {
    type Item = Result<Frame, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.abort_on_overrun && self.transfer.overran() {
            return Poll::Ready(Some(Err(BodyError::Gone)));
        }
        let next = ready!(self.inner.as_mut().poll_next(context));
        if let Some(Ok(Frame::Data(bytes))) = &next {
            self.transfer.add_sent(bytes.len() as u64);
        }
        Poll::Ready(next)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures::StreamExt;
    use futures::executor::block_on;

    use super::*;

    fn body(pieces: &'static [&'static str]) -> BodyStream {
        let frame = |piece: &&'static str| Ok(Frame::Data(Bytes::from_static(piece.as_bytes())));
        Box::pin(futures::stream::iter(pieces.iter().map(frame)))
    }

    #[test]
    fn both_directions_are_counted() {
        let transfer = Arc::new(Transfer::default());
        block_on(transfer.incoming(body(&["ab", "c"]), Some(3)).count());
        assert_eq!((transfer.received(), transfer.overran()), (3, false));
        let Body::Stream(sent) = transfer.outgoing(Body::Stream(body(&["abcd"])), true) else { panic!("no stream") };
        block_on(sent.count());
        assert_eq!(transfer.sent(), 4);
    }

    #[test]
    fn trailers_of_a_request_reach_nobody_and_those_of_an_answer_pass() {
        let trailers = || {
            let mut fields = crate::wire::Fields::default();
            fields.append("x-shipshape-subject", "root");
            let end: BodyStream = Box::pin(futures::stream::iter([Ok(Frame::Trailers(fields))]));
            Box::pin(body(&["a"]).chain(end)) as BodyStream
        };
        let transfer = Arc::new(Transfer::default());
        assert_eq!(block_on(transfer.incoming(trailers(), None).count()), 1);
        let Body::Stream(sent) = transfer.outgoing(Body::Stream(trailers()), true) else { panic!("no stream") };
        assert_eq!(block_on(sent.count()), 2);
    }

    #[test]
    fn an_answer_breaks_off_once_the_request_overran() {
        let transfer = Arc::new(Transfer::default());
        let Body::Stream(mut sent) = transfer.outgoing(Body::Stream(body(&["a", "b"])), true) else {
            panic!("no stream")
        };
        assert!(matches!(block_on(sent.next()), Some(Ok(_))));
        block_on(transfer.incoming(body(&["abcd"]), Some(3)).count());
        assert!(transfer.overran());
        assert_eq!(block_on(sent.next()), Some(Err(BodyError::Gone)));
    }

    #[test]
    fn it_is_known_who_is_waited_for() {
        let transfer = Arc::new(Transfer::default());
        let mut slow = transfer.incoming(Box::pin(futures::stream::pending()), None);
        assert!(!transfer.waits_for_client());
        let waker = futures::task::noop_waker();
        assert!(slow.as_mut().poll_next(&mut Context::from_waker(&waker)).is_pending());
        assert!(transfer.waits_for_client());
    }
}
