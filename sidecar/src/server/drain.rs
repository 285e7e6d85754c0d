//! How the sidecar ends: it goes on accepting, says goodbye on every connection, and waits for what is in flight.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::Instant;

/// How long other nodes may go on sending here after the pod left the endpoints: watchers of EndpointSlices take one
/// to three seconds on a busy cluster.
const PROPAGATION: Duration = Duration::from_secs(5);
/// Without a hook before it, a signal comes from a person or another runtime: nobody has to be told.
const PROPAGATION_BY_SIGNAL: Duration = Duration::from_secs(1);
/// How long nothing may have been in flight before that counts as the end.
const QUIET: Duration = Duration::from_secs(1);
/// How long `/drained` waits for a drain to begin: the hook that begins it runs at the same time.
const HOOK: Duration = Duration::from_secs(2);
/// What in-flight requests get at least once the process is told to stop.
const LAST_CHANCE: Duration = Duration::from_secs(1);

/// The end of the sidecar, shared by everything that takes part in it.
#[derive(Debug)]
pub struct Drain {
    began: watch::Sender<Option<Instant>>,
    stop: watch::Sender<bool>,
    in_flight: AtomicUsize,
    arrived: AtomicU64,
    landed: Notify,
    refuses: AtomicBool,
}

/// A request in flight.
#[derive(Debug)]
pub struct Flight(Arc<Drain>);

impl Default for Drain {
    fn default() -> Self {
        let (began, stop) = (watch::Sender::new(None), watch::Sender::new(false));
        Self {
            began,
            stop,
            in_flight: AtomicUsize::new(0),
            arrived: AtomicU64::new(0),
            landed: Notify::new(),
            refuses: AtomicBool::new(false),
        }
    }
}

impl Drain {
    /// Begins a drain, once.
    pub fn begin(&self) {
        self.began.send_if_modified(|began| {
            let is_first = began.is_none();
            began.get_or_insert_with(Instant::now);
            is_first
        });
    }

    /// Tells the process to end, draining first.
    pub fn stop(&self) {
        self.begin();
        self.stop.send_replace(true);
    }

    /// When the drain began.
    #[must_use]
    pub fn began(&self) -> watch::Receiver<Option<Instant>> {
        self.began.subscribe()
    }

    /// Waits for the process to be told to end.
    pub async fn stopped(&self) {
        // The sender lives as long as this.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }

    /// Requests in flight now.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight.load(Relaxed)
    }

    /// Counts a request until the result is dropped.
    #[must_use]
    pub fn takes_off(self: &Arc<Self>) -> Flight {
        self.in_flight.fetch_add(1, Relaxed);
        self.arrived.fetch_add(1, Relaxed);
        Flight(Arc::clone(self))
    }

    /// Waits until the app may end: nothing is in flight and nothing comes any more, or the drain has taken
    /// `allowed`. Returns at once, with `false`, where no drain begins.
    pub async fn drained(&self, allowed: Duration) -> bool {
        let mut began = self.began();
        let waited = tokio::time::timeout(HOOK, began.wait_for(Option::is_some)).await;
        let Some(began) = waited.ok().and_then(Result::ok).and_then(|began| *began) else { return false };
        let settled = async {
            tokio::time::sleep_until(began + PROPAGATION).await;
            self.quiet().await;
        };
        // At the deadline the app has to end whatever is in flight.
        let _ = tokio::time::timeout_at(began + allowed, settled).await;
        true
    }

    /// After [`Drain::stop`]: waits until new connections may be refused.
    pub async fn may_refuse(&self) {
        let began = *self.began.borrow();
        if let Some(began) = began {
            tokio::time::sleep_until(began + PROPAGATION_BY_SIGNAL).await;
        }
    }

    /// A port was closed.
    pub fn refuses(&self) {
        self.refuses.store(true, Relaxed);
    }

    /// Whether new connections are accepted.
    #[must_use]
    pub fn accepts(&self) -> bool {
        !self.refuses.load(Relaxed)
    }

    /// Until when requests in flight are waited for, once the process was told to stop.
    #[must_use]
    pub fn deadline(&self, allowed: Duration) -> Instant {
        let began = self.began.borrow().unwrap_or_else(Instant::now);
        (began + allowed).max(Instant::now() + LAST_CHANCE)
    }

    async fn quiet(&self) {
        loop {
            self.nothing_in_flight().await;
            let arrived = self.arrived.load(Relaxed);
            tokio::time::sleep(QUIET).await;
            if self.arrived.load(Relaxed) == arrived && self.in_flight.load(Relaxed) == 0 {
                return;
            }
        }
    }

    async fn nothing_in_flight(&self) {
        loop {
            let mut landed = std::pin::pin!(self.landed.notified());
            // Listening before looking: a request that lands in between is heard.
            landed.as_mut().enable();
            if self.in_flight.load(Relaxed) == 0 {
                return;
            }
            landed.await;
        }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        if self.0.in_flight.fetch_sub(1, Relaxed) == 1 {
            self.0.landed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWED: Duration = Duration::from_secs(20);

    #[tokio::test(start_paused = true)]
    async fn without_a_drain_the_app_is_not_held() {
        let (drain, started) = (Arc::new(Drain::default()), Instant::now());
        assert!(!drain.drained(ALLOWED).await);
        assert!(started.elapsed() < HOOK + Duration::from_millis(50));
    }

    #[tokio::test(start_paused = true)]
    async fn the_app_is_held_while_requests_are_in_flight() {
        let (drain, started) = (Arc::new(Drain::default()), Instant::now());
        drain.begin();
        let flight = drain.takes_off();
        let other = Arc::clone(&drain);
        let waiting = tokio::spawn(async move { other.drained(ALLOWED).await });
        tokio::time::sleep(Duration::from_secs(8)).await;
        assert!(!waiting.is_finished());
        drop(flight);
        assert!(waiting.await.unwrap());
        assert_eq!(started.elapsed().as_secs(), 9);
    }

    #[tokio::test(start_paused = true)]
    async fn the_deadline_ends_the_wait() {
        let (drain, started) = (Arc::new(Drain::default()), Instant::now());
        drain.begin();
        let _flight = drain.takes_off();
        assert!(drain.drained(ALLOWED).await);
        assert_eq!(started.elapsed().as_secs(), 20);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_still_comes_begins_the_quiet_anew() {
        let (drain, started) = (Arc::new(Drain::default()), Instant::now());
        drain.begin();
        let other = Arc::clone(&drain);
        let waiting = tokio::spawn(async move { other.drained(ALLOWED).await });
        tokio::time::sleep(Duration::from_millis(5_500)).await;
        drop(drain.takes_off());
        assert!(waiting.await.unwrap());
        assert_eq!(started.elapsed().as_secs(), 7);
    }
}
