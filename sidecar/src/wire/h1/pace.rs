//! How fast a client takes what it asked for: one that takes next to nothing would hold memory for as long as it likes.

use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use crate::wire::bounds::SLOWEST_READER;
use crate::wire::io::Alarm;

/// How fast a client takes what waits for it; forgotten when nothing waits any more.
#[derive(Default)]
pub(super) struct Pace(Option<Period>);

struct Period {
    since: Instant,
    taken: u64,
}

impl Pace {
    /// The client took so much.
    pub(super) fn took(&mut self, bytes: usize) {
        if let Some(period) = &mut self.0 {
            period.taken += bytes as u64;
        }
    }

    /// It took everything.
    pub(super) fn rest(&mut self) {
        self.0 = None;
    }

    /// It has to be waited for: ready when it took too little for `patience`.
    pub(super) fn poll_too_slow(
        &mut self,
        patience: Duration,
        alarm: &mut Alarm,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        loop {
            let period = self.0.get_or_insert_with(|| Period { since: Instant::now(), taken: 0 });
            std::task::ready!(alarm.poll(period.since + patience, context));
            if period.taken < SLOWEST_READER * patience.as_secs().max(1) {
                return Poll::Ready(());
            }
            self.0 = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn a_trickle_is_too_slow_and_a_slow_line_is_not() {
        for (bytes_per_second, ends_after) in [(1, Some(30)), (499, Some(30)), (500, None), (5000, None)] {
            let (mut pace, mut alarm, start) = (Pace::default(), Alarm::default(), Instant::now());
            let mut ended = None;
            for _ in 0..100 {
                let step =
                    std::future::poll_fn(|context| Poll::Ready(pace.poll_too_slow(PATIENCE, &mut alarm, context)));
                if step.await.is_ready() {
                    ended = Some(start.elapsed().as_secs());
                    break;
                }
                pace.took(bytes_per_second);
                tokio::time::advance(Duration::from_secs(1)).await;
            }
            assert_eq!(ended, ends_after, "{bytes_per_second} bytes per second");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_took_everything_begins_anew() {
        let (mut pace, mut alarm) = (Pace::default(), Alarm::default());
        for _ in 0..3 {
            let pending =
                std::future::poll_fn(|cx| Poll::Ready(pace.poll_too_slow(PATIENCE, &mut alarm, cx).is_pending()));
            assert!(pending.await);
            tokio::time::advance(Duration::from_secs(29)).await;
            pace.rest();
        }
    }
}
