//! How fast a client takes its answers: a stream that it hardly takes is reset, and not the others beside it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

use tokio::time::Instant;

use crate::wire::bounds::SLOWEST_READER;

/// The streams of one connection that had to wait for their client.
#[derive(Debug, Default)]
pub(super) struct Paces {
    streams: RefCell<Vec<Rc<Pace>>>,
    /// Bytes that the client took on all of its streams.
    taken: Cell<u64>,
}

/// How one stream is taken.
#[derive(Debug, Default)]
pub(super) struct Pace {
    since: Cell<Option<Instant>>,
    taken: Cell<u64>,
    taken_of_all: Cell<u64>,
    is_waiting: Cell<bool>,
    is_too_slow: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

/// What the paces of a connection's streams come to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Judged {
    /// When to look again.
    pub(super) next: Option<Instant>,
    /// Whether the client takes next to nothing of anything.
    pub(super) is_stuck: bool,
}

impl Paces {
    /// A stream that begins to wait for the first time.
    pub(super) fn join(&self) -> Rc<Pace> {
        let pace = Rc::new(Pace::default());
        self.streams.borrow_mut().push(Rc::clone(&pace));
        pace
    }

    /// A stream is over.
    pub(super) fn leave(&self, pace: &Rc<Pace>) {
        self.streams.borrow_mut().retain(|other| !Rc::ptr_eq(other, pace));
    }

    /// The client has room for so much more.
    pub(super) fn took(&self, pace: Option<&Rc<Pace>>, bytes: usize) {
        self.taken.set(self.taken.get() + bytes as u64);
        if let Some(pace) = pace {
            pace.taken.set(pace.taken.get() + bytes as u64);
            pace.is_waiting.set(false);
        }
    }

    /// The stream waits for its client; whether it waited too long.
    pub(super) fn waits(&self, pace: &Pace, waker: &Waker) -> bool {
        if pace.since.get().is_none() {
            self.restart(pace, Instant::now());
        }
        pace.is_waiting.set(true);
        let mut held = pace.waker.borrow_mut();
        if !held.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *held = Some(waker.clone());
        }
        pace.is_too_slow.get()
    }

    /// Looks for streams whose client took too little for `patience`, and ends them.
    pub(super) fn judge(&self, now: Instant, patience: Duration, in_flight: usize) -> Judged {
        let streams = self.streams.borrow();
        let waiting = streams.iter().filter(|pace| pace.is_waiting.get()).count();
        let (mut next, mut starves) = (None::<Instant>, false);
        for pace in streams.iter() {
            let Some(since) = pace.since.get() else { continue };
            let mut due = since + patience;
            if due <= now {
                if !pace.is_waiting.get() {
                    pace.since.set(None);
                    continue;
                }
                let least = SLOWEST_READER * patience.as_secs().max(1);
                // Where the line is slow, and not the client, its streams starve each other.
                let all_starve = self.taken.get() - pace.taken_of_all.get() < least * waiting as u64;
                if pace.taken.get() == 0 || (pace.taken.get() < least && all_starve) {
                    pace.end();
                    starves |= all_starve;
                    continue;
                }
                self.restart(pace, now);
                due = now + patience;
            }
            next = Some(next.map_or(due, |next| next.min(due)));
        }
        Judged { next, is_stuck: starves && waiting > 1 && waiting * 2 > in_flight }
    }

    fn restart(&self, pace: &Pace, now: Instant) {
        pace.since.set(Some(now));
        pace.taken.set(0);
        pace.taken_of_all.set(self.taken.get());
    }
}

impl Pace {
    fn end(&self) {
        self.since.set(None);
        self.is_too_slow.set(true);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    /// Streams that take so many bytes a second each, for a while; which of them were ended.
    async fn run(rates: &[usize], seconds: u64) -> (Vec<bool>, bool) {
        let paces = Paces::default();
        let streams: Vec<_> = rates.iter().map(|_| paces.join()).collect();
        let mut is_stuck = false;
        for _ in 0..=seconds {
            for (stream, rate) in streams.iter().zip(rates) {
                if *rate > 0 {
                    paces.took(Some(stream), *rate);
                }
                paces.waits(stream, Waker::noop());
            }
            is_stuck |= paces.judge(Instant::now(), PATIENCE, rates.len()).is_stuck;
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        (streams.iter().map(|stream| stream.is_too_slow.get()).collect(), is_stuck)
    }

    #[tokio::test(start_paused = true)]
    async fn what_trickles_is_ended_and_what_is_slow_is_not() {
        for (rate, is_ended) in [(0, true), (1, true), (450, true), (600, false), (100_000, false)] {
            assert_eq!(run(&[rate], 95).await.0, [is_ended], "{rate} bytes per second");
        }
        assert_eq!(run(&[0], 29).await.0, [false]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_stalls_leaves_the_others_alone() {
        assert_eq!(run(&[0, 9000, 9000, 9000], 40).await, (vec![true, false, false, false], false));
    }

    #[tokio::test(start_paused = true)]
    async fn streams_that_share_a_slow_line_are_not_ended() {
        assert_eq!(run(&[100, 100, 100, 9000], 40).await.0, [false; 4]);
        assert_eq!(run(&[100, 100, 100, 100], 40).await, (vec![true; 4], true));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_no_more_is_forgotten() {
        let paces = Paces::default();
        let stream = paces.join();
        paces.waits(&stream, Waker::noop());
        paces.took(Some(&stream), 1);
        tokio::time::advance(PATIENCE * 2).await;
        assert_eq!(paces.judge(Instant::now(), PATIENCE, 1), Judged { next: None, is_stuck: false });
        paces.leave(&stream);
        assert!(paces.streams.borrow().is_empty());
    }
}
