//! A body that fails when no piece comes in time.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::Stream;
use tokio::time::{Instant, Sleep};

use super::body::{BodyError, BodyStream, Frame};

/// The body, failing with [`BodyError::Stalled`] when its reader waits for longer than `idle` for a piece. Time in
/// which nobody reads does not count.
#[must_use]
pub fn with_idle_timeout(body: BodyStream, idle: Duration) -> BodyStream {
    Box::pin(Timed { body: Some(body), idle, timer: None, is_waiting: false })
}

struct Timed {
    body: Option<BodyStream>,
    idle: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    is_waiting: bool,
}

impl Stream for Timed {
    type Item = Result<Frame, BodyError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let Some(body) = this.body.as_mut() else { return Poll::Ready(None) };
        if let Poll::Ready(piece) = body.as_mut().poll_next(context) {
            this.is_waiting = false;
            return Poll::Ready(piece);
        }
        let timer = this.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(this.idle)));
        if !this.is_waiting {
            timer.as_mut().reset(Instant::now() + this.idle);
            this.is_waiting = true;
        }
        std::task::ready!(timer.as_mut().poll(context));
        this.body = None;
        Poll::Ready(Some(Err(BodyError::Stalled)))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures::StreamExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stalls_fails_and_ends() {
        let first = futures::stream::iter([Ok(Frame::Data(Bytes::from_static(b"a")))]);
        let body: BodyStream = Box::pin(first.chain(futures::stream::pending()));
        let pieces: Vec<_> = with_idle_timeout(body, Duration::from_secs(30)).collect().await;
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces[1], Err(BodyError::Stalled));
    }

    #[tokio::test(start_paused = true)]
    async fn time_in_which_nobody_reads_does_not_count() {
        let pieces = futures::stream::iter([Ok(Frame::Data(Bytes::from_static(b"a"))), Err(BodyError::Gone)]);
        let mut body = with_idle_timeout(Box::pin(pieces), Duration::from_secs(1));
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert!(matches!(body.next().await, Some(Ok(_))));
    }
}
