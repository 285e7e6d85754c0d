//! The rest of bodies that nobody reads: they are taken for a moment and thrown away.
//!
//! Dropping one at once resets its stream (RFC 9113 section 8.1 with NO_ERROR), and clients that are still sending,
//! curl before 8.0 among them, then report the reset instead of the answer that came before it.

use std::cell::RefCell;
use std::task::{Context, Poll};
use std::time::Duration;

use h2::RecvStream;
use tokio::time::Instant;

/// How long a client has to read its answer and to stop: several times the slowest round trip.
const PATIENCE: Duration = Duration::from_secs(2);
/// What is taken of one body: a client that is near sends as much before it reads.
const MOST: usize = 4 << 20;
/// Bodies of one connection that are thrown away at once: beyond, streams are reset without patience.
const AT_ONCE: usize = 16;

/// The bodies of one connection that are thrown away.
#[derive(Debug, Default)]
pub(super) struct Discards(RefCell<Vec<Leftover>>);

#[derive(Debug)]
struct Leftover {
    body: RecvStream,
    left: usize,
    until: Instant,
}

impl Discards {
    /// Takes what is left of a body, within its bounds; whether there was anything to take.
    pub(super) fn take(&self, body: RecvStream) -> bool {
        let mut bodies = self.0.borrow_mut();
        if body.is_end_stream() || bodies.len() >= AT_ONCE {
            return false;
        }
        bodies.push(Leftover { body, left: MOST, until: Instant::now() + PATIENCE });
        true
    }

    /// Throws away what came, and drops the bodies that are over or go on for too long; when to look again.
    pub(super) fn poll(&self, context: &mut Context<'_>) -> Option<Instant> {
        let mut bodies = self.0.borrow_mut();
        if bodies.is_empty() {
            return None;
        }
        let now = Instant::now();
        bodies.retain_mut(|leftover| leftover.until > now && leftover.goes_on(context));
        bodies.iter().map(|leftover| leftover.until).min()
    }
}

impl Leftover {
    fn goes_on(&mut self, context: &mut Context<'_>) -> bool {
        loop {
            let data = match self.body.poll_data(context) {
                Poll::Pending => return true,
                Poll::Ready(Some(Ok(data))) => data,
                Poll::Ready(_) => return false,
            };
            let is_released = self.body.flow_control().release_capacity(data.len()).is_ok();
            match self.left.checked_sub(data.len()).filter(|_| is_released) {
                Some(left) => self.left = left,
                None => return false,
            }
        }
    }
}
