//! What happens on one connection, and when it has taken too long.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::time::Duration;

use tokio::time::Instant;

/// How long a connection that ends gently may still take where nothing is in flight.
const FAREWELL: Duration = Duration::from_secs(5);
/// How long a connection stays open without a request once a drain began: long enough for a client that is about to
/// send, short enough for a drain.
const DRAIN_IDLE: Duration = Duration::from_secs(1);

/// How long the parts of a connection may take, and how many fields a request may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From the connection's start, or a head's first byte, to the head's end.
    pub head: Duration,
    /// Without a request.
    pub idle: Duration,
    /// For a client that takes nothing of its answer.
    pub stall: Duration,
    /// From its start: then it ends gently, so that pods that were added receive traffic.
    pub age: Duration,
    /// Header fields of a request.
    pub header_count: usize,
}

/// What is to be done with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing before this moment.
    Until(Instant),
    /// Let it end: what is in flight is finished.
    End,
    /// A head came in part and not in time.
    HeadTimeout,
    /// Cut it.
    Cut,
}

/// What happens on one connection. Moments are milliseconds since its start plus one; 0 is never.
#[derive(Debug)]
pub(super) struct Activity {
    started: Instant,
    watches_heads: bool,
    in_flight: AtomicUsize,
    has_begun: AtomicBool,
    quiet_since: AtomicU64,
    head_since: AtomicU64,
    blocked_since: AtomicU64,
    ending_since: AtomicU64,
    draining_since: AtomicU64,
    is_stuck: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

/// A request in flight; dropped when its answer was taken or given up.
#[derive(Debug)]
pub(super) struct Busy(Arc<Activity>);

impl Activity {
    /// A connection that starts now. With `watches_heads`, bytes that come between requests begin a head; HTTP/2 has
    /// frames that do not.
    pub(super) fn start(watches_heads: bool) -> Arc<Self> {
        Arc::new(Self {
            started: Instant::now(),
            watches_heads,
            in_flight: AtomicUsize::new(0),
            has_begun: AtomicBool::new(false),
            quiet_since: AtomicU64::new(1),
            head_since: AtomicU64::new(0),
            blocked_since: AtomicU64::new(0),
            ending_since: AtomicU64::new(0),
            draining_since: AtomicU64::new(0),
            is_stuck: AtomicBool::new(false),
            waker: Mutex::new(None),
        })
    }

    /// A request's head is whole.
    pub(super) fn begin(self: &Arc<Self>) -> Busy {
        self.in_flight.fetch_add(1, Relaxed);
        self.has_begun.store(true, Relaxed);
        self.head_since.store(0, Relaxed);
        Busy(Arc::clone(self))
    }

    /// Bytes came.
    pub(super) fn heard(&self) {
        if self.watches_heads && !self.is_busy() && self.head_since.load(Relaxed) == 0 {
            self.head_since.store(self.now(), Relaxed);
        }
    }

    /// Writing was possible, or not.
    pub(super) fn wrote(&self, is_blocked: bool) {
        let since = self.blocked_since.load(Relaxed);
        if is_blocked && since == 0 {
            self.blocked_since.store(self.now(), Relaxed);
        } else if !is_blocked && since != 0 {
            self.blocked_since.store(0, Relaxed);
        }
    }

    /// A client takes nothing of its answer: the connection is to be cut.
    pub(super) fn stuck(&self) {
        self.is_stuck.store(true, Relaxed);
        if let Some(waker) = self.waker.lock().unwrap_or_else(PoisonError::into_inner).take() {
            waker.wake();
        }
    }

    /// Whom to wake when it gets stuck.
    pub(super) fn watch(&self, waker: &Waker) {
        let mut held = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        if !held.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *held = Some(waker.clone());
        }
    }

    /// The sidecar began to drain.
    pub(super) fn drains(&self) {
        self.draining_since.store(self.now(), Relaxed);
    }

    /// Whether the sidecar drains.
    pub(super) fn is_draining(&self) -> bool {
        self.draining_since.load(Relaxed) != 0
    }

    /// It was told to end gently.
    pub(super) fn ending(&self) {
        self.ending_since.store(self.now(), Relaxed);
    }

    /// Whether it was told to end.
    pub(super) fn is_ending(&self) -> bool {
        self.ending_since.load(Relaxed) != 0
    }

    /// Whether a request ever came whole.
    pub(super) fn has_begun(&self) -> bool {
        self.has_begun.load(Relaxed)
    }

    /// What is to be done at `now`.
    pub(super) fn verdict(&self, now: Instant, limits: &Limits) -> Verdict {
        if self.is_stuck.load(Relaxed) {
            return Verdict::Cut;
        }
        let blocked = self.moment(&self.blocked_since).map(|since| (since + limits.stall, Verdict::Cut));
        let aged = (!self.is_ending()).then(|| (self.started + limits.age, Verdict::End));
        let deadlines = [blocked, aged, self.quiet_deadline(limits)];
        let next = deadlines.into_iter().flatten().min_by_key(|(at, _)| *at);
        match next {
            Some((at, verdict)) if at <= now => verdict,
            Some((at, _)) => Verdict::Until(at),
            None => Verdict::Until(now + limits.idle),
        }
    }

    /// When a connection without a request in flight has to end.
    fn quiet_deadline(&self, limits: &Limits) -> Option<(Instant, Verdict)> {
        if self.is_busy() {
            return None;
        }
        if let Some(ending) = self.moment(&self.ending_since) {
            let quiet = self.moment(&self.quiet_since).unwrap_or(ending);
            return Some((ending.max(quiet) + FAREWELL, Verdict::Cut));
        }
        if let Some(since) = self.moment(&self.head_since) {
            return Some((since + limits.head, Verdict::HeadTimeout));
        }
        let quiet = self.moment(&self.quiet_since).unwrap_or(self.started);
        let allowed = if self.has_begun() { limits.idle } else { limits.head };
        let at = match self.moment(&self.draining_since) {
            Some(began) => (quiet.max(began) + DRAIN_IDLE).min(quiet + allowed),
            None => quiet + allowed,
        };
        Some((at, Verdict::End))
    }

    fn is_busy(&self) -> bool {
        self.in_flight.load(Relaxed) > 0
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1
    }

    fn moment(&self, at: &AtomicU64) -> Option<Instant> {
        let at = at.load(Relaxed).checked_sub(1)?;
        Some(self.started + Duration::from_millis(at))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.quiet_since.store(self.0.now(), Relaxed);
        self.0.in_flight.fetch_sub(1, Relaxed);
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

    fn after(activity: &Activity, seconds: u64) -> Verdict {
        activity.verdict(activity.started + Duration::from_secs(seconds), &LIMITS)
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_connection_ends_and_a_slow_head_is_told() {
        let activity = Activity::start(true);
        assert!(matches!(after(&activity, 9), Verdict::Until(_)));
        assert_eq!(after(&activity, 10), Verdict::End);
        activity.heard();
        assert_eq!(after(&activity, 11), Verdict::HeadTimeout);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_may_take_long_and_then_the_connection_idles() {
        let activity = Activity::start(true);
        let busy = activity.begin();
        assert!(matches!(after(&activity, 1000), Verdict::Until(_)));
        tokio::time::advance(Duration::from_secs(100)).await;
        drop(busy);
        assert!(matches!(after(&activity, 174), Verdict::Until(_)));
        assert_eq!(after(&activity, 176), Verdict::End);
        assert_eq!(after(&activity, 3600), Verdict::End);
    }

    #[tokio::test(start_paused = true)]
    async fn a_drain_leaves_a_moment_for_what_is_about_to_be_sent() {
        let activity = Activity::start(true);
        drop(activity.begin());
        tokio::time::advance(Duration::from_secs(20)).await;
        activity.drains();
        assert!(matches!(after(&activity, 20), Verdict::Until(_)));
        assert_eq!(after(&activity, 22), Verdict::End);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_is_cut() {
        let activity = Activity::start(true);
        let _busy = activity.begin();
        activity.wrote(true);
        assert_eq!(after(&activity, 31), Verdict::Cut);
        activity.wrote(false);
        assert!(matches!(after(&activity, 31), Verdict::Until(_)));
        activity.stuck();
        assert_eq!(after(&activity, 0), Verdict::Cut);
    }
}
