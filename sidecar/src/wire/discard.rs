//! The rest of a body that nobody reads: over HTTP/2 it is taken for a moment and thrown away.
//!
//! Dropping it at once resets its stream (RFC 9113 section 8.1 with NO_ERROR), and clients that are still sending,
//! curl before 8.0 among them, then report the reset instead of the answer that came before it.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes};
use http_body::Body;
use tokio::sync::Semaphore;

/// How long a client has to read its answer and to stop: several times the slowest round trip.
const PATIENCE: Duration = Duration::from_secs(2);
/// What is taken of one body: a client that is near sends as much before it reads.
const MOST: u64 = 4 << 20;
/// Bodies of one connection that are thrown away at once: beyond, streams are reset without patience. A flood of
/// refused streams costs its connection this many tasks, and no memory: what is taken is dropped.
const AT_ONCE: usize = 16;

/// The bodies of one connection that are thrown away.
#[derive(Debug, Clone)]
pub(super) struct Discards(Arc<Semaphore>);

impl Default for Discards {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Discards {
    /// Takes what is left of a body, within its bounds, beside whatever else goes on; then the body is dropped.
    pub(super) fn take<B: Body<Data = Bytes> + Unpin + Send + 'static>(&self, body: B) {
        let Ok(place) = Arc::clone(&self.0).try_acquire_owned() else { return };
        // Outside of a runtime only while one ends: then nobody waits for an answer any more.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            // Whoever goes on for longer is reset.
            let _ = tokio::time::timeout(PATIENCE, discard(body)).await;
            drop(place);
        });
    }
}

async fn discard<B: Body<Data = Bytes> + Unpin>(mut body: B) {
    let mut left = MOST;
    while let Some(Ok(frame)) = std::future::poll_fn(|context| std::pin::Pin::new(&mut body).poll_frame(context)).await
    {
        let length = frame.data_ref().map_or(0, |data| data.remaining() as u64);
        let Some(after) = left.checked_sub(length) else { return };
        left = after;
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use http_body::Frame;
    use http_body_util::StreamBody;
    use tokio::sync::oneshot;

    use super::*;

    const PIECE: &[u8] = &[0; 64 * 1024];
    const LENGTH: u64 = PIECE.len() as u64;

    /// A body without an end, whose pieces come every so often; how much was taken of it, and when it was dropped.
    fn endless(every: Duration) -> (impl Body<Data = Bytes> + Unpin + Send, Arc<AtomicU64>, oneshot::Receiver<()>) {
        let taken = Arc::new(AtomicU64::new(0));
        let (alive, dropped) = oneshot::channel::<()>();
        let state = (Arc::clone(&taken), alive);
        let stream = futures::stream::unfold(state, move |(taken, alive)| async move {
            tokio::time::sleep(every).await;
            taken.fetch_add(LENGTH, Relaxed);
            let data = Frame::data(Bytes::from_static(PIECE));
            Some((Ok::<_, Infallible>(data), (taken, alive)))
        });
        (StreamBody::new(Box::pin(stream)), taken, dropped)
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_its_bounds_is_taken() {
        let (fast, taken, dropped) = endless(Duration::from_millis(1));
        Discards::default().take(fast);
        assert!(dropped.await.is_err());
        assert_eq!(taken.load(Relaxed), MOST + LENGTH, "the piece that passes the bound is the last");
        let (slow, taken, dropped) = endless(Duration::from_millis(300));
        let started = tokio::time::Instant::now();
        Discards::default().take(slow);
        assert!(dropped.await.is_err());
        assert_eq!((started.elapsed(), taken.load(Relaxed)), (PATIENCE, 6 * LENGTH));
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_bodies_is_dropped_at_once() {
        let discards = Discards::default();
        let mut held: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                let (body, _, dropped) = endless(Duration::from_secs(1));
                discards.take(body);
                dropped
            })
            .collect();
        let (one_more, _, mut dropped) = endless(Duration::from_secs(1));
        discards.take(one_more);
        assert!(matches!(dropped.try_recv(), Err(oneshot::error::TryRecvError::Closed)));
        assert!(held.iter_mut().all(|held| matches!(held.try_recv(), Err(oneshot::error::TryRecvError::Empty))));
    }
}
