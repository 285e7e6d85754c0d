//! The one timer of a connection, set again only when it has to ring earlier or has rung too early.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::time::{Instant, Sleep, sleep_until};

/// A timer whose deadline mostly moves away: it then rings once at the old moment and is set anew, which is cheaper
/// than to move it with every request.
#[derive(Default)]
pub struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    /// Ready once `deadline` has passed; wakes the task by then.
    pub fn poll(&mut self, deadline: Instant, context: &mut Context<'_>) -> Poll<()> {
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if sleep.deadline() > deadline {
            sleep.as_mut().reset(deadline);
        }
        loop {
            ready!(sleep.as_mut().poll(context));
            if sleep.deadline() >= deadline || Instant::now() >= deadline {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn ring(alarm: &mut Alarm, deadline: Instant) -> Instant {
        std::future::poll_fn(|context| alarm.poll(deadline, context)).await;
        Instant::now()
    }

    #[tokio::test(start_paused = true)]
    async fn it_rings_when_asked_whatever_was_asked_before() {
        let (mut alarm, start) = (Alarm::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let waker = futures::task::noop_waker();
        assert!(alarm.poll(at(5), &mut Context::from_waker(&waker)).is_pending());
        assert_eq!(ring(&mut alarm, at(20)).await, at(20));
        assert!(alarm.poll(at(60), &mut Context::from_waker(&waker)).is_pending());
        assert_eq!(ring(&mut alarm, at(30)).await, at(30));
        assert_eq!(ring(&mut alarm, at(30)).await, at(30));
    }
}
