//! A body that fails when it comes too slowly.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::Stream;
use tokio::time::Instant;

use super::body::{BodyError, BodyStream, Frame};
use super::io::Alarm;

/// How slowly a body may come. Time in which nobody reads it does not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Patience {
    /// For the next piece.
    pub idle: Option<Duration>,
    /// On average.
    pub rate: Option<Rate>,
}

/// The slowest that a body may come on average.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// In bytes per second, from its start on.
    pub bytes_per_second: u32,
    /// How long it may be slower at first.
    pub grace: Duration,
}

/// The body, failing with [`BodyError::Stalled`] when it comes too slowly.
#[must_use]
pub fn timed(body: BodyStream, patience: Patience) -> BodyStream {
    if patience == Patience::default() {
        return body;
    }
    let (alarm, waited) = (Alarm::default(), Duration::ZERO);
    Box::pin(Timed { body: Some(body), patience, alarm, waiting_since: None, waited, taken: 0 })
}

struct Timed {
    body: Option<BodyStream>,
    patience: Patience,
    alarm: Alarm,
    waiting_since: Option<Instant>,
    /// How long was waited for what has come.
    waited: Duration,
    taken: u64,
}

impl Timed {
    /// When what is waited for comes too late.
    fn deadline(&self, since: Instant) -> Option<Instant> {
        let idle = self.patience.idle.map(|idle| since + idle);
        let paced = self.patience.rate.map(|Rate { bytes_per_second, grace }| {
            let earned = Duration::from_secs(self.taken / u64::from(bytes_per_second.max(1)));
            since + earned.max(grace).saturating_sub(self.waited)
        });
        idle.into_iter().chain(paced).min()
    }
}

impl Stream for Timed {
    type Item = Result<Frame, BodyError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let Some(body) = this.body.as_mut() else { return Poll::Ready(None) };
        if let Poll::Ready(piece) = body.as_mut().poll_next(context) {
            this.waited += this.waiting_since.take().map_or(Duration::ZERO, |since| since.elapsed());
            if let Some(Ok(Frame::Data(data))) = &piece {
                this.taken += data.len() as u64;
            }
            return Poll::Ready(piece);
        }
        let since = *this.waiting_since.get_or_insert_with(Instant::now);
        let Some(deadline) = this.deadline(since) else { return Poll::Pending };
        ready!(this.alarm.poll(deadline, context));
        this.body = None;
        Poll::Ready(Some(Err(BodyError::Stalled)))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures::StreamExt;

    use super::*;

    const IDLE: Patience = Patience { idle: Some(Duration::from_secs(30)), rate: None };
    const RATE: Patience =
        Patience { idle: IDLE.idle, rate: Some(Rate { bytes_per_second: 500, grace: Duration::from_secs(10) }) };

    /// A piece of so many bytes every so often, 100 times.
    fn pieces(bytes: usize, every: Duration) -> BodyStream {
        Box::pin(futures::stream::iter(0..100).then(move |_| async move {
            tokio::time::sleep(every).await;
            Ok(Frame::Data(Bytes::from(vec![0; bytes])))
        }))
    }

    /// How it ended, and after how many seconds.
    async fn read(mut body: BodyStream) -> (Option<BodyError>, u64) {
        let started = Instant::now();
        while let Some(piece) = body.next().await {
            if let Err(error) = piece {
                return (Some(error), started.elapsed().as_secs());
            }
        }
        (None, started.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stalls_fails_and_ends() {
        let first = futures::stream::iter([Ok(Frame::Data(Bytes::from_static(b"a")))]);
        let mut body = timed(Box::pin(first.chain(futures::stream::pending())), IDLE);
        assert!(matches!(body.next().await, Some(Ok(_))));
        assert_eq!(body.next().await, Some(Err(BodyError::Stalled)));
        assert_eq!(body.next().await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_trickle_fails_after_its_grace_and_a_slow_line_does_not() {
        let second = Duration::from_secs(1);
        assert_eq!(read(timed(pieces(1, 2 * second), RATE)).await, (Some(BodyError::Stalled), 10));
        assert_eq!(read(timed(pieces(1, 2 * second), IDLE)).await, (None, 200));
        assert_eq!(read(timed(pieces(600, second), RATE)).await, (None, 100));
        assert_eq!(read(timed(pieces(400, second), RATE)).await.0, Some(BodyError::Stalled));
    }

    #[tokio::test(start_paused = true)]
    async fn time_in_which_nobody_reads_does_not_count() {
        let mut body = timed(pieces(1, Duration::from_millis(10)), RATE);
        for _ in 0..100 {
            assert!(matches!(body.next().await, Some(Ok(_))));
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
    }
}
