//! What happens on one connection, and what has to be done about it: every limit of time and patience in one place.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

use h2::RecvStream;
use tokio::time::Instant;

use super::allowance::Allowance;
use super::discard::Discards;
use super::hearing::{Hearing, Silence};
use super::pace::Paces;
use crate::wire::bounds::DRAIN_IDLE;
use crate::wire::service::Limits;

/// How long a connection that ends gently may still take where nothing is in flight.
const FAREWELL: Duration = Duration::from_secs(5);
/// How long a connection may take to hear that it is not wanted any more.
const CONDEMNED: Duration = Duration::from_secs(1);
/// What is to be done with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing before this moment.
    Until(Instant),
    /// Ask whether the client lives.
    Ping,
    /// Let it end: what is in flight is finished.
    End,
    /// Tell the client that it asks for too much, and end.
    Condemn,
    /// Cut it.
    Cut,
}

/// What happens on one connection.
#[derive(Debug)]
pub(super) struct Life {
    started: Instant,
    in_flight: Cell<usize>,
    has_begun: Cell<bool>,
    quiet_since: Cell<Instant>,
    blocked_since: Cell<Option<Instant>>,
    draining_since: Cell<Option<Instant>>,
    ending_since: Cell<Option<Instant>>,
    condemned_since: Cell<Option<Instant>>,
    hearing: Hearing,
    waker: RefCell<Option<Waker>>,
    /// What the client may still ask for.
    pub(super) allowance: Allowance,
    /// How its streams are taken.
    pub(super) paces: Paces,
    /// What nobody reads of its requests.
    pub(super) discards: Discards,
}

/// A request in flight; dropped when its answer was taken or given up.
#[derive(Debug)]
pub(super) struct Flight {
    life: Rc<Life>,
}

impl Life {
    /// A connection that starts now.
    pub(super) fn start() -> Rc<Self> {
        let now = Instant::now();
        Rc::new(Self {
            started: now,
            in_flight: Cell::new(0),
            has_begun: Cell::new(false),
            quiet_since: Cell::new(now),
            blocked_since: Cell::new(None),
            draining_since: Cell::new(None),
            ending_since: Cell::new(None),
            condemned_since: Cell::new(None),
            hearing: Hearing::start(now),
            waker: RefCell::new(None),
            allowance: Allowance::default(),
            paces: Paces::default(),
            discards: Discards::default(),
        })
    }

    /// A request's head is whole.
    pub(super) fn begin(self: &Rc<Self>) -> Flight {
        self.in_flight.set(self.in_flight.get() + 1);
        self.has_begun.set(true);
        Flight { life: Rc::clone(self) }
    }

    /// Bytes came.
    pub(super) fn heard(&self) {
        self.hearing.heard();
    }

    /// Writing was possible, or not.
    pub(super) fn wrote(&self, is_blocked: bool) {
        match (is_blocked, self.blocked_since.get()) {
            (true, None) => self.blocked_since.set(Some(Instant::now())),
            (false, Some(_)) => self.blocked_since.set(None),
            _ => {}
        }
    }

    /// Whom to wake when a verdict may have changed.
    pub(super) fn watch(&self, waker: &Waker) {
        let mut held = self.waker.borrow_mut();
        if !held.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *held = Some(waker.clone());
        }
    }

    /// A verdict may have changed.
    pub(super) fn reconsider(&self) {
        if let Some(waker) = self.waker.borrow().as_ref() {
            waker.wake_by_ref();
        }
    }

    /// Nobody reads what is left of a body.
    pub(super) fn discard(&self, body: RecvStream) {
        if self.discards.take(body) {
            self.reconsider();
        }
    }

    /// The sidecar began to drain.
    pub(super) fn drains(&self) {
        self.draining_since.set(Some(Instant::now()));
    }

    /// Whether the sidecar drains.
    pub(super) fn is_draining(&self) -> bool {
        self.draining_since.get().is_some()
    }

    /// Whether the connection is to say goodbye at once: the two GOAWAYs of a drain lose no request.
    pub(super) fn says_goodbye(&self) -> bool {
        self.is_draining() && self.has_begun.get() && !self.is_ending()
    }

    /// It was told to end gently.
    pub(super) fn ending(&self) {
        self.ending_since.set(Some(Instant::now()));
    }

    /// It was told that it asks for too much.
    pub(super) fn condemned(&self) {
        self.condemned_since.set(Some(Instant::now()));
    }

    /// The client was asked whether it lives.
    pub(super) fn asked(&self) {
        self.hearing.asked();
    }

    /// What is to be done at `now`.
    pub(super) fn verdict(&self, now: Instant, limits: &Limits) -> Verdict {
        if let Some(since) = self.condemned_since.get() {
            return due(now, since + CONDEMNED, Verdict::Cut);
        }
        if self.allowance.is_spent() {
            return Verdict::Condemn;
        }
        let judged = self.paces.judge(now, limits.stall, self.in_flight.get());
        if judged.is_stuck {
            return Verdict::Condemn;
        }
        let blocked = self.blocked_since.get().map(|since| (since + limits.stall, Verdict::Cut));
        let aged = (!self.is_ending()).then(|| self.started.checked_add(limits.age)).flatten();
        let deadlines = [
            blocked,
            aged.map(|at| (at, Verdict::End)),
            judged.next.map(|at| (at, Verdict::Until(at))),
            self.is_busy().then(|| self.silence_deadline(now)),
            self.quiet_deadline(limits),
        ];
        let next = deadlines.into_iter().flatten().min_by_key(|(at, _)| *at);
        next.map_or(Verdict::Until(now + limits.idle), |(at, verdict)| due(now, at, verdict))
    }

    /// When a client that waits for an answer has been silent for too long.
    fn silence_deadline(&self, now: Instant) -> (Instant, Verdict) {
        match self.hearing.silence(now) {
            Silence::AsksAt(at) => (at, Verdict::Ping),
            Silence::EndsAt(at) => (at, Verdict::Cut),
        }
    }

    /// When a connection without a request in flight has to end.
    fn quiet_deadline(&self, limits: &Limits) -> Option<(Instant, Verdict)> {
        if self.is_busy() {
            return None;
        }
        let quiet = self.quiet_since.get();
        if let Some(ending) = self.ending_since.get() {
            return Some((ending.max(quiet) + FAREWELL, Verdict::Cut));
        }
        let allowed = if self.has_begun.get() { limits.idle } else { limits.head };
        let at = match self.draining_since.get() {
            Some(began) => (quiet.max(began) + DRAIN_IDLE).min(quiet + allowed),
            None => quiet + allowed,
        };
        Some((at, Verdict::End))
    }

    fn is_ending(&self) -> bool {
        self.ending_since.get().is_some()
    }

    fn is_busy(&self) -> bool {
        self.in_flight.get() > 0
    }
}

fn due(now: Instant, at: Instant, verdict: Verdict) -> Verdict {
    if at <= now { verdict } else { Verdict::Until(at) }
}

impl Flight {
    /// What happens on the request's connection.
    pub(super) fn life(&self) -> &Rc<Life> {
        &self.life
    }

    /// The client has its answer.
    pub(super) fn answered(&self) {
        self.life.allowance.answered();
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let life = &self.life;
        life.in_flight.set(life.in_flight.get().saturating_sub(1));
        if !life.is_busy() {
            life.quiet_since.set(Instant::now());
        }
        // The last one may be what an ending connection waits for.
        if !life.is_busy() && life.is_ending() {
            life.reconsider();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        head: Duration::from_secs(10),
        idle: Duration::from_secs(75),
        stall: Duration::from_secs(30),
        age: Duration::from_secs(3600),
        header_count: 100,
    };

    fn after(life: &Life, seconds: u64) -> Verdict {
        life.verdict(life.started + Duration::from_secs(seconds), &LIMITS)
    }

    fn answered(life: &Rc<Life>) {
        life.begin().answered();
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_a_request_ends() {
        let life = Life::start();
        assert!(matches!(after(&life, 9), Verdict::Until(_)));
        assert_eq!(after(&life, 10), Verdict::End);
        answered(&life);
        assert!(matches!(after(&life, 74), Verdict::Until(_)));
        assert_eq!(after(&life, 75), Verdict::End);
        life.ending();
        assert!(matches!(after(&life, 4), Verdict::Until(_)));
        assert_eq!(after(&life, 5), Verdict::Cut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_client_is_asked_and_then_given_up() {
        let life = Life::start();
        let _flight = life.begin();
        life.heard();
        assert!(matches!(after(&life, 100), Verdict::Until(_)));
        assert_eq!(after(&life, 120), Verdict::Ping);
        life.asked();
        assert_eq!(after(&life, 10), Verdict::Cut);
        life.heard();
        assert!(matches!(after(&life, 130), Verdict::Until(_)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_drain_says_goodbye_at_once_where_it_may() {
        let life = Life::start();
        life.drains();
        assert!(!life.says_goodbye(), "the first request may be on its way");
        assert_eq!(after(&life, 1), Verdict::End);
        let _flight = life.begin();
        assert!(life.says_goodbye());
        life.ending();
        assert!(!life.says_goodbye());
        assert!(matches!(after(&life, 15), Verdict::Until(_)), "what is in flight is finished");
    }

    #[tokio::test(start_paused = true)]
    async fn a_blocked_socket_is_cut_and_an_old_connection_ends() {
        let life = Life::start();
        let _flight = life.begin();
        assert_eq!(after(&life, 3600), Verdict::Ping);
        life.heard();
        life.verdict(life.started + Duration::from_secs(3600), &LIMITS);
        assert_eq!(after(&life, 3600), Verdict::End);
        life.wrote(true);
        assert_eq!(after(&life, 30), Verdict::Cut);
        life.wrote(false);
        assert!(matches!(after(&life, 30), Verdict::Until(_)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_asks_for_too_much_is_told_and_cut() {
        let life = Life::start();
        (0..1000).for_each(|_| life.allowance.received(1, 0, 10));
        assert_eq!(after(&life, 0), Verdict::Condemn);
        life.condemned();
        assert!(matches!(after(&life, 0), Verdict::Until(_)));
        assert_eq!(after(&life, 1), Verdict::Cut);
    }
}
