//! The bytes of one client's connection: counted, written with a limit of time, and closed without losing what was
//! said last.

use std::future::Future;
use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::frames::FrameHeads;
use super::life::Life;

/// How long a closed connection is still read. Bytes that nobody read would make the kernel reset the connection, and
/// a reset eats the last frames on their way.
const LINGER: Duration = Duration::from_secs(1);
/// No more than so many bytes are read and dropped by then.
const LINGER_BYTES: usize = 4 << 20;

/// The bytes of one client's connection.
pub(super) struct ClientIo<T> {
    inner: T,
    life: Rc<Life>,
    heads: FrameHeads,
    linger: Option<Linger>,
}

struct Linger {
    end: Pin<Box<Sleep>>,
    left: usize,
}

impl<T: AsyncRead + AsyncWrite + Unpin> ClientIo<T> {
    /// What is read and written is told to `life`.
    pub(super) fn new(inner: T, life: Rc<Life>) -> Self {
        Self { inner, life, heads: FrameHeads::default(), linger: None }
    }

    /// Reads and drops until the client has closed too, or for a second.
    fn poll_linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let linger =
            self.linger.get_or_insert_with(|| Linger { end: Box::pin(tokio::time::sleep(LINGER)), left: LINGER_BYTES });
        let mut scratch = [0_u8; 4096];
        while linger.left > 0 && linger.end.as_mut().poll(context).is_pending() {
            let mut buffer = ReadBuf::new(&mut scratch);
            match ready!(Pin::new(&mut self.inner).poll_read(context, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {
                    linger.left = linger.left.saturating_sub(buffer.filled().len());
                }
                Ok(()) | Err(_) => break,
            }
        }
        Poll::Ready(())
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for ClientIo<T> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let Self { inner, life, heads, linger: _ } = &mut *self;
        if life.allowance.is_spent() {
            // Nothing more is heard; the connection's next verdict ends it.
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        ready!(Pin::new(inner).poll_read(context, buffer))?;
        let fresh = buffer.filled().get(before..).unwrap_or_default();
        if !fresh.is_empty() {
            life.heard();
            heads.look(fresh, |kind, flags, length| life.allowance.received(kind, flags, length));
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for ClientIo<T> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, buffer);
        self.life.wrote(written.is_pending());
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, buffers);
        self.life.wrote(written.is_pending());
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(context);
        self.life.wrote(flushed.is_pending());
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        if self.linger.is_none() {
            ready!(Pin::new(&mut self.inner).poll_shutdown(context))?;
        }
        self.poll_linger(context).map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn closing_reads_on_for_a_while() {
        let (near, mut far) = duplex(1 << 16);
        let mut io = ClientIo::new(near, Life::start());
        let started = tokio::time::Instant::now();
        let (closed, written) = tokio::join!(io.shutdown(), far.write_all(&[0; 10_000]));
        closed.and(written).unwrap();
        assert!(started.elapsed() >= LINGER);
    }

    #[tokio::test]
    async fn a_flood_of_pings_is_heard_for_a_while_only() {
        let (near, mut far) = duplex(1 << 20);
        let life = Life::start();
        let mut io = ClientIo::new(near, Rc::clone(&life));
        far.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        let ping = [0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];
        far.write_all(&ping.repeat(2000)).await.unwrap();
        let mut scratch = [0; 1024];
        while !life.allowance.is_spent() {
            assert_ne!(io.read(&mut scratch).await.unwrap(), 0);
        }
        let more = futures::poll!(std::pin::pin!(io.read(&mut scratch)));
        assert!(more.is_pending());
    }
}
