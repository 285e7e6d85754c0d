//! The end of a connection: what was answered must arrive.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::time::Instant;

use super::link::{Link, Shared};
use crate::wire::bounds::{LINGER, LINGER_BYTES};
use crate::wire::io::{Transport, poll_read};

/// Ends a connection in order: says that nothing follows, and reads on until the client has ended too, for a second at
/// most.
pub(super) async fn linger<T: Transport>(link: &Shared<T>) {
    let (deadline, mut left) = (Instant::now() + LINGER, LINGER_BYTES);
    let mut is_shut = false;
    poll_fn(|context| {
        let Ok(mut link) = link.try_borrow_mut() else { return Poll::Ready(()) };
        if link.alarm.poll(deadline, context).is_ready() {
            return Poll::Ready(());
        }
        if !is_shut {
            // Whoever is gone needs no goodbye.
            let _ = ready!(Pin::new(&mut link.io).poll_shutdown(context));
            is_shut = true;
        }
        poll_rest(&mut link, &mut left, context)
    })
    .await;
}

fn poll_rest<T: Transport>(link: &mut Link<T>, left: &mut usize, context: &mut Context<'_>) -> Poll<()> {
    while *left > 0 {
        match ready!(poll_read(&mut link.io, context, <[u8]>::len)) {
            Ok(0) | Err(_) => break,
            Ok(read) => *left = left.saturating_sub(read),
        }
    }
    Poll::Ready(())
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;
    use std::time::Duration;

    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

    use super::*;
    use crate::wire::service::Draining;
    use crate::wire::service::Limits;

    const LIMITS: Limits = Limits {
        head: Duration::from_secs(10),
        idle: Duration::from_secs(60),
        stall: Duration::from_secs(30),
        age: Duration::from_secs(3600),
        header_count: 100,
    };

    fn shared(io: DuplexStream) -> Shared<DuplexStream> {
        let never: Draining = tokio::sync::watch::channel(None).1;
        Rc::new(RefCell::new(Link::new(io, LIMITS, never)))
    }

    #[tokio::test(start_paused = true)]
    async fn it_reads_on_for_a_second_and_no_longer() {
        let (near, mut far) = duplex(1 << 16);
        let (link, started) = (shared(near), Instant::now());
        let client = async {
            far.write_all(&[0; 10_000]).await.unwrap();
            far.read_to_end(&mut Vec::new()).await.unwrap()
        };
        let ((), heard) = tokio::join!(linger(&link), client);
        assert_eq!((heard, started.elapsed()), (0, LINGER));
    }

    #[tokio::test(start_paused = true)]
    async fn it_ends_at_once_with_a_client_that_has_ended() {
        let (near, far) = duplex(1 << 16);
        let (link, started) = (shared(near), Instant::now());
        drop(far);
        linger(&link).await;
        assert!(started.elapsed() < LINGER);
    }
}
