//! The bytes of one client's connection: counted, written together and with a limit of time, and closed without losing
//! what was said last.

use std::cell::RefCell;
use std::future::Future;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::frames::FrameHeads;
use super::life::Life;
use crate::wire::bounds::{LINGER, LINGER_BYTES};
use crate::wire::spare::{give_buffer, take_buffer};

/// What waits to be written together at most, in bytes: a record of TLS.
const TOGETHER: usize = 16 * 1024;
/// Bytes from which on it is cheaper to write at once than to copy.
const LARGE: usize = 4 * 1024;

/// The bytes of one client's connection, as the `h2` crate reads and writes them. It flushes after every piece of an
/// answer, which would cost a system call and a record of TLS each: here a flush does nothing, and whoever drives the
/// connection calls [`Self::poll_out`] once the crate has nothing more to say.
pub(super) struct ClientIo<T>(Rc<RefCell<Wire<T>>>);

struct Wire<T> {
    inner: T,
    life: Rc<Life>,
    heads: FrameHeads,
    /// What waits, and how much of that was written.
    out: Vec<u8>,
    written: usize,
    linger: Option<Linger>,
}

struct Linger {
    end: Pin<Box<Sleep>>,
    left: usize,
}

impl<T> Clone for ClientIo<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> ClientIo<T> {
    /// What is read and written is told to `life`.
    pub(super) fn new(inner: T, life: Rc<Life>) -> Self {
        let (heads, out) = (FrameHeads::default(), Vec::new());
        Self(Rc::new(RefCell::new(Wire { inner, life, heads, out, written: 0, linger: None })))
    }

    /// Writes what waits.
    pub(super) fn poll_out(&self, context: &mut Context<'_>) -> Poll<Result<()>> {
        let mut wire = self.0.borrow_mut();
        ready!(wire.poll_write_all(context, &[]))?;
        let flushed = Pin::new(&mut wire.inner).poll_flush(context);
        wire.life.wrote(flushed.is_pending());
        flushed
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Wire<T> {
    /// Takes more to write; how much of it.
    fn poll_take(&mut self, context: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<Result<usize>> {
        let length: usize = slices.iter().map(|slice| slice.len()).sum();
        if length >= LARGE {
            return self.poll_write_all(context, slices);
        }
        if self.out.len() + length > TOGETHER {
            ready!(self.poll_write_all(context, &[]))?;
        }
        if self.out.capacity() == 0 {
            self.out = take_buffer();
        }
        slices.iter().for_each(|slice| self.out.extend_from_slice(slice));
        Poll::Ready(Ok(length))
    }

    /// Writes what waits, and then some of what is given; how much of that.
    fn poll_write_all(&mut self, context: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<Result<usize>> {
        loop {
            let waiting = self.out.get(self.written..).unwrap_or_default();
            let polled = match (waiting.is_empty(), slices) {
                (true, []) => return Poll::Ready(Ok(0)),
                (true, _) => Pin::new(&mut self.inner).poll_write_vectored(context, slices),
                (false, [first, second, ..]) => {
                    let all = [IoSlice::new(waiting), IoSlice::new(first), IoSlice::new(second)];
                    Pin::new(&mut self.inner).poll_write_vectored(context, &all)
                }
                (false, [only]) => {
                    let all = [IoSlice::new(waiting), IoSlice::new(only)];
                    Pin::new(&mut self.inner).poll_write_vectored(context, &all)
                }
                (false, []) => Pin::new(&mut self.inner).poll_write(context, waiting),
            };
            self.life.wrote(polled.is_pending());
            let written = ready!(polled)?;
            if written == 0 {
                return Poll::Ready(Err(Error::from(ErrorKind::WriteZero)));
            }
            let waited = waiting.len();
            if written < waited {
                self.written += written;
                continue;
            }
            self.written = 0;
            give_buffer(std::mem::take(&mut self.out));
            if written > waited || slices.is_empty() {
                return Poll::Ready(Ok(written - waited));
            }
        }
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
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let Wire { inner, life, heads, .. } = &mut *self.0.borrow_mut();
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
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<Result<usize>> {
        self.0.borrow_mut().poll_take(context, &[IoSlice::new(buffer)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        // A frame's head and its payload; what comes behind those is offered again.
        self.0.borrow_mut().poll_take(context, buffers.get(..2).unwrap_or(buffers))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        if self.0.borrow().linger.is_none() {
            ready!(self.poll_out(context))?;
            ready!(Pin::new(&mut self.0.borrow_mut().inner).poll_shutdown(context))?;
        }
        self.0.borrow_mut().poll_linger(context).map(Ok)
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
    async fn small_writes_leave_together_and_large_ones_in_order_behind_them() {
        for room in [1, 7, 100_000] {
            let (near, mut far) = duplex(room);
            let io = ClientIo::new(near, Life::start());
            let mut writing = io.clone();
            let reading = tokio::spawn(async move {
                let mut all = Vec::new();
                far.read_to_end(&mut all).await.map(|_| all)
            });
            let mut expected = Vec::new();
            for (count, size) in [(3, 10), (1, 0), (1, LARGE), (30, 1000), (1, 3 * TOGETHER), (1, 5)] {
                for at in 0..count {
                    let piece = vec![b'a' + at; size];
                    writing.write_all(&piece).await.unwrap();
                    expected.extend_from_slice(&piece);
                }
            }
            std::future::poll_fn(|context| io.poll_out(context)).await.unwrap();
            drop((io, writing));
            assert!(reading.await.unwrap().unwrap() == expected, "{room}");
        }
    }

    #[tokio::test]
    async fn nothing_leaves_before_it_is_said_so() {
        let (near, mut far) = duplex(1024);
        let mut io = ClientIo::new(near, Life::start());
        io.write_all(b"one ").await.unwrap();
        io.flush().await.unwrap();
        io.write_all(b"two").await.unwrap();
        let mut buffer = [0; 16];
        assert!(futures::poll!(std::pin::pin!(far.read(&mut buffer))).is_pending());
        std::future::poll_fn(|context| io.poll_out(context)).await.unwrap();
        let read = far.read(&mut buffer).await.unwrap();
        assert_eq!(&buffer[..read], b"one two");
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
