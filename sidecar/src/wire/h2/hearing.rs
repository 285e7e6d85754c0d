//! When a client was heard last: one that waits for an answer and says nothing is asked whether it lives.

use std::cell::Cell;
use std::time::Duration;

use tokio::time::Instant;

/// How long a client that waits for an answer may be silent before it is asked whether it lives, and how long it may
/// take to say so.
const SILENCE: Duration = Duration::from_secs(20);
const PONG: Duration = Duration::from_secs(10);

/// When a client was heard last. A read only counts; the clock is asked when a verdict is due.
#[derive(Debug)]
pub(super) struct Hearing {
    heard: Cell<u64>,
    noticed: Cell<u64>,
    since: Cell<Instant>,
    was_asked: Cell<bool>,
}

/// What follows if the client stays silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Silence {
    /// It is asked whether it lives.
    AsksAt(Instant),
    /// It is given up.
    EndsAt(Instant),
}

impl Hearing {
    /// A client that was heard just now.
    pub(super) fn start(now: Instant) -> Self {
        let (heard, noticed, was_asked) = (Cell::new(0), Cell::new(0), Cell::new(false));
        Self { heard, noticed, since: Cell::new(now), was_asked }
    }

    /// Something came.
    pub(super) fn heard(&self) {
        self.heard.set(self.heard.get().wrapping_add(1));
    }

    /// It was asked whether it lives.
    pub(super) fn asked(&self) {
        self.since.set(Instant::now());
        self.was_asked.set(true);
    }

    /// What follows its silence, and when.
    pub(super) fn silence(&self, now: Instant) -> Silence {
        if self.noticed.replace(self.heard.get()) != self.heard.get() {
            self.since.set(now);
            self.was_asked.set(false);
        }
        let since = self.since.get();
        if self.was_asked.get() { Silence::EndsAt(since + PONG) } else { Silence::AsksAt(since + SILENCE) }
    }
}
