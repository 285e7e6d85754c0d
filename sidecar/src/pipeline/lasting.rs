//! What may last for long by design: event streams, gRPC, WebSockets. They end when nothing moves, and with the pod.

use std::future::Future;
use std::io::Result;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::Stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::farewell::Farewell;
use crate::problem::grpc;
use crate::transfer::Transfer;
use crate::wire::{Alarm, BodyError, BodyStream, Draining, Frame, Tunnel};

/// How long after the beginning of a drain streams end: by then other nodes know that the pod goes, so that a client
/// which comes back meets another.
const AFTER_DRAIN: Duration = Duration::from_secs(5);
/// How long the end may wait for the end of what is being sent.
const UNTIL_BOUNDARY: Duration = Duration::from_secs(1);

/// What bounds something that lasts.
pub(super) struct Bounds<'a> {
    /// For how long nothing may move.
    pub(super) idle: Option<Duration>,
    /// What moves.
    pub(super) transfer: &'a Arc<Transfer>,
    /// The end of the pod.
    pub(super) draining: Draining,
    /// When the client waits no longer, where it said so.
    pub(super) deadline: Option<Instant>,
}

/// When something that lasts has to end.
struct Span {
    idle: Option<Duration>,
    /// What moved, in both directions.
    transfer: Arc<Transfer>,
    /// How much had moved when that was looked at last, and when that was.
    seen: (u64, Instant),
    alarm: Alarm,
    drain: Pin<Box<dyn Future<Output = Instant>>>,
    ends: Option<Instant>,
    deadline: Option<Instant>,
}

/// Why something that lasts ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    Idle,
    Drain,
    TimeOver,
}

impl Span {
    fn new(bounds: Bounds<'_>) -> Self {
        let Bounds { idle, transfer, mut draining, deadline } = bounds;
        let drain = Box::pin(async move {
            match draining.wait_for(Option::is_some).await {
                Ok(began) => began.unwrap_or_else(Instant::now) + AFTER_DRAIN,
                // The sidecar itself has ended.
                Err(_) => Instant::now(),
            }
        });
        let seen = (transfer.moved(), Instant::now());
        Self { idle, transfer: Arc::clone(transfer), seen, alarm: Alarm::default(), drain, ends: None, deadline }
    }

    /// Ready when it has to end.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Reason> {
        if self.ends.is_none()
            && let Poll::Ready(at) = self.drain.as_mut().poll(context)
        {
            self.ends = Some(at);
        }
        loop {
            let idle = self.idle.map(|idle| (self.seen.1 + idle, Reason::Idle));
            let drain = self.ends.map(|at| (at, Reason::Drain));
            let time_over = self.deadline.map(|at| (at, Reason::TimeOver));
            let next = idle.into_iter().chain(drain).chain(time_over).min_by_key(|(at, _)| *at);
            let Some((at, reason)) = next else { return Poll::Pending };
            ready!(self.alarm.poll(at, context));
            let moved = self.transfer.moved();
            if reason != Reason::Idle || moved == self.seen.0 {
                return Poll::Ready(reason);
            }
            self.seen = (moved, Instant::now());
        }
    }
}

/// What ends a stream in a way that its client understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    /// An end is an end: the client connects anew.
    Events,
    /// A status in the trailers.
    Grpc,
}

/// The stream, ending when nothing came for too long, and with the pod.
pub(super) fn stream(body: BodyStream, nature: Nature, bounds: Bounds<'_>) -> BodyStream {
    Box::pin(Lasting { body: Some(body), nature, span: Span::new(bounds) })
}

struct Lasting {
    body: Option<BodyStream>,
    nature: Nature,
    span: Span,
}

impl Stream for Lasting {
    type Item = std::result::Result<Frame, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(body) = self.body.as_mut() else { return Poll::Ready(None) };
        if let Poll::Ready(piece) = body.as_mut().poll_next(context) {
            return Poll::Ready(piece);
        }
        let reason = ready!(self.span.poll(context));
        self.body = None;
        Poll::Ready(match (self.nature, reason) {
            (Nature::Events, _) => None,
            (Nature::Grpc, Reason::Drain) => {
                Some(Ok(Frame::Trailers(grpc::trailers(grpc::UNAVAILABLE, "this instance ends: try again"))))
            }
            (Nature::Grpc, Reason::TimeOver) => {
                Some(Ok(Frame::Trailers(grpc::trailers(grpc::DEADLINE_EXCEEDED, "the time of the call is over"))))
            }
            (Nature::Grpc, Reason::Idle) => Some(Err(BodyError::Stalled)),
        })
    }
}

/// The app's end of a WebSocket, ending when nothing moved for too long, and with the pod.
pub(super) fn tunnel(io: Tunnel, bounds: Bounds<'_>) -> Tunnel {
    Box::new(LastingTunnel { io, span: Span::new(bounds), farewell: Farewell::default(), ending_since: None })
}

struct LastingTunnel {
    io: Tunnel,
    span: Span,
    farewell: Farewell,
    ending_since: Option<Instant>,
}

impl AsyncRead for LastingTunnel {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let Self { io, span, farewell, ending_since } = self.get_mut();
        if farewell.is_said() {
            return Poll::Ready(Ok(()));
        }
        if ending_since.is_none() && span.poll(context).is_ready() {
            *ending_since = Some(Instant::now());
        }
        if let Some(since) = *ending_since
            && (farewell.may_be_said() || span.alarm.poll(since + UNTIL_BOUNDARY, context).is_ready())
        {
            farewell.say(buffer);
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(io).poll_read(context, buffer))?;
        farewell.watch(buffer.filled().get(before..).unwrap_or_default());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for LastingTunnel {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
