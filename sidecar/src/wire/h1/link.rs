//! One client's connection as its request, its answer and its body share it.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Instant;

use super::pace::Pace;
use crate::wire::codec::{Decoded, Decoder, Framing};
use crate::wire::io::{Alarm, Inlet, Outlet, Transport};
use crate::wire::service::Draining;
use crate::wire::service::Limits;
use crate::wire::traits::ClientGone;

/// How long a client that has ended its side may wait for its answer. One that went away ends in the same way, and the
/// app must not work for it much longer.
const HALF_CLOSED: Duration = Duration::from_secs(1);
/// What is read ahead of a request's end, to see whether its client is still there.
const AHEAD: usize = 16 * 1024;

/// A connection that several parts of one task use in turn; none holds it while it waits.
pub(super) type Shared<T> = Rc<RefCell<Link<T>>>;

/// One client's connection.
pub(super) struct Link<T> {
    pub(super) io: T,
    pub(super) inlet: Inlet,
    pub(super) outlet: Outlet,
    pub(super) alarm: Alarm,
    pub(super) limits: Limits,
    pub(super) body: Incoming,
    /// Says whether a drain began; `changed` as soon as one did.
    pub(super) draining: Draining,
    /// The connection ends with this answer.
    pub(super) ends: bool,
    /// The connection is so old that it ends with its next answer.
    pub(super) is_aged: bool,
    /// The request that was read last was answered whole.
    pub(super) is_answered: bool,
    /// Nothing can be said on it any more.
    pub(super) failed: bool,
    has_to_flush: bool,
    pace: Pace,
    ended_at: Option<Instant>,
}

/// The body of the request that is being answered.
pub(super) struct Incoming {
    pub(super) decoder: Decoder,
    /// `100 Continue` is still to be sent, as soon as somebody wants the body.
    pub(super) owes_continue: bool,
    /// Somebody may still read it.
    pub(super) is_held: bool,
    /// Its framing is broken: what follows it cannot be found.
    pub(super) is_broken: bool,
}

impl Incoming {
    /// A body of that framing.
    pub(super) fn new(framing: Framing, owes_continue: bool) -> Self {
        let decoder = Decoder::new(framing);
        Self { owes_continue, is_held: !decoder.is_done(), decoder, is_broken: false }
    }

    /// Whether the next request begins where this one's bytes end.
    pub(super) fn is_whole(&self) -> bool {
        self.decoder.is_done() && !self.is_broken
    }
}

impl<T: Transport> Link<T> {
    pub(super) fn new(io: T, limits: Limits, mut draining: Draining) -> Self {
        if draining.borrow().is_some() {
            draining.mark_changed();
        }
        Self {
            io,
            inlet: Inlet::default(),
            outlet: Outlet::default(),
            alarm: Alarm::default(),
            limits,
            body: Incoming::new(Framing::None, false),
            draining,
            ends: false,
            is_aged: false,
            is_answered: false,
            failed: false,
            has_to_flush: false,
            pace: Pace::default(),
            ended_at: None,
        }
    }

    /// Whether a drain began.
    pub(super) fn is_draining(&self) -> bool {
        // The sender lives as long as the sidecar.
        self.draining.has_changed().unwrap_or(true)
    }

    /// Writes all that waits; fails when the client is gone, or takes too little of it.
    pub(super) fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ClientGone>> {
        let flushed = self.poll_out(context);
        let outcome = match flushed {
            Poll::Ready(outcome) => outcome.map_err(|_| ClientGone),
            Poll::Pending => {
                // A sixth is what the kernel takes on by itself until its buffers are full.
                ready!(self.pace.poll_too_slow(self.limits.stall * 5 / 6, &mut self.alarm, context));
                Err(ClientGone)
            }
        };
        self.pace.rest();
        self.failed |= outcome.is_err();
        Poll::Ready(outcome)
    }

    /// The same for what nothing follows on this connection: it leaves together with the word that says so.
    pub(super) fn poll_flush_last(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ClientGone>> {
        if !self.outlet.is_empty() {
            self.has_to_flush |= self.outlet.hand_over(|bytes| self.io.take_last(bytes));
        }
        self.poll_flush(context)
    }

    fn poll_out(&mut self, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        while !self.outlet.is_empty() {
            let written = ready!(self.outlet.poll_write(&mut self.io, context))?;
            self.has_to_flush = true;
            self.pace.took(written);
        }
        if self.has_to_flush {
            ready!(Pin::new(&mut self.io).poll_flush(context))?;
            self.has_to_flush = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Ready when the client went away. What it sends meanwhile is read ahead, within bounds.
    pub(super) fn poll_gone(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.failed {
            return Poll::Ready(());
        }
        if self.ended_at.is_none() {
            let Self { inlet, io, .. } = self;
            if ready!(inlet.poll_ahead(io, context, AHEAD)).is_err() {
                self.failed = true;
                return Poll::Ready(());
            }
            self.ended_at = Some(Instant::now());
        }
        let ended_at = self.ended_at.unwrap_or_else(Instant::now);
        self.alarm.poll(ended_at + HALF_CLOSED, context)
    }

    /// Uses up what has already come of a body that nobody reads, so that the connection can go on behind it.
    pub(super) fn skip_body(&mut self) {
        while !self.body.decoder.is_done() && !self.body.is_broken && !self.inlet.bytes().is_empty() {
            match self.body.decoder.decode(self.inlet.bytes()) {
                Ok(Decoded::Data { consumed, .. } | Decoded::More { consumed } | Decoded::End { consumed, .. }) => {
                    self.inlet.skip(consumed);
                }
                Err(_) => self.body.is_broken = true,
            }
        }
    }
}
