//! The bytes of one client's connection: noticed, written with a limit of time, and closed without losing the answer.

use std::future::Future;
use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::activity::Activity;

/// How long a closed connection is still read. Bytes that nobody read would make the kernel reset the connection, and
/// a reset eats the answer on its way (RFC 9112 section 9.6).
const LINGER: Duration = Duration::from_secs(1);
/// No more than so many bytes are read and dropped by then.
const LINGER_BYTES: usize = 4 << 20;
/// hyper's own refusals are shorter, and ours and the app's carry more fields.
const OWN_ANSWER: usize = 160;

/// What to say instead of hyper's empty refusal of that status.
pub(super) type Instead = Box<dyn Fn(u16) -> Vec<u8>>;

/// The bytes of one client's connection.
pub(super) struct GuardedIo<S> {
    inner: S,
    activity: Arc<Activity>,
    instead: Option<Instead>,
    pending: Bytes,
    linger: Option<Linger>,
}

struct Linger {
    end: Pin<Box<Sleep>>,
    left: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin> GuardedIo<S> {
    /// Guards a stream; `instead` answers for hyper's own refusals on HTTP/1.
    pub(super) fn new(inner: S, activity: Arc<Activity>, instead: Option<Instead>) -> Self {
        Self { inner, activity, instead, pending: Bytes::new(), linger: None }
    }

    /// Whether hyper speaks for itself: a refusal without any field that all answers of ours have.
    fn hyper_speaks(&mut self, buffer: &[u8]) -> bool {
        let Some(instead) = self.instead.as_ref().filter(|_| buffer.len() <= OWN_ANSWER) else { return false };
        let has_id = || buffer.windows(12).any(|window| window.eq_ignore_ascii_case(b"x-request-id"));
        let status = buffer.strip_prefix(b"HTTP/1.1 ").and_then(|rest| rest.get(..3)).and_then(three_digits);
        match status {
            Some(status @ (400 | 414 | 431)) if buffer.ends_with(b"\r\n\r\n") && !has_id() => {
                self.pending = instead(status).into();
                true
            }
            _ => false,
        }
    }

    fn poll_pending(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        while self.pending.has_remaining() {
            let written = Pin::new(&mut self.inner).poll_write(context, &self.pending);
            self.activity.wrote(written.is_pending());
            match ready!(written)? {
                0 => return Poll::Ready(Err(std::io::ErrorKind::WriteZero.into())),
                written => self.pending.advance(written),
            }
        }
        Poll::Ready(Ok(()))
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

fn three_digits(digits: &[u8]) -> Option<u16> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for GuardedIo<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        if buffer.filled().len() > before {
            self.activity.heard();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for GuardedIo<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<Result<usize>> {
        if self.hyper_speaks(buffer) {
            return Poll::Ready(Ok(buffer.len()));
        }
        let written = Pin::new(&mut self.inner).poll_write(context, buffer);
        self.activity.wrote(written.is_pending());
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        if let [only] = buffers {
            return self.poll_write(context, only);
        }
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, buffers);
        self.activity.wrote(written.is_pending());
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        ready!(self.poll_pending(context))?;
        let flushed = Pin::new(&mut self.inner).poll_flush(context);
        self.activity.wrote(flushed.is_pending());
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        if self.linger.is_none() {
            ready!(self.poll_pending(context))?;
            ready!(Pin::new(&mut self.inner).poll_shutdown(context))?;
        }
        self.poll_linger(context).map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    fn guarded(instead: &'static str) -> (GuardedIo<tokio::io::DuplexStream>, tokio::io::DuplexStream) {
        let (near, far) = duplex(1 << 16);
        let instead: Instead = Box::new(move |status| format!("{status} {instead}").into_bytes());
        (GuardedIo::new(near, Activity::start(true), Some(instead)), far)
    }

    #[tokio::test(start_paused = true)]
    async fn empty_refusals_are_replaced_and_nothing_else() {
        let (mut io, mut far) = guarded("document");
        io.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        io.write_all(b"HTTP/1.1 400 Bad Request\r\nx-request-id: 1\r\n\r\n").await.unwrap();
        io.write_all(b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        io.flush().await.unwrap();
        drop(io);
        let mut text = String::new();
        far.read_to_string(&mut text).await.unwrap();
        assert!(text.ends_with("x-request-id: 1\r\n\r\n431 document"), "{text}");
        assert!(text.starts_with("HTTP/1.1 200 OK"));
    }

    #[tokio::test(start_paused = true)]
    async fn closing_reads_on_for_a_while() {
        let (mut io, mut far) = guarded("");
        let started = tokio::time::Instant::now();
        let (closed, written) = tokio::join!(io.shutdown(), far.write_all(&[0; 10_000]));
        closed.and(written).unwrap();
        assert!(started.elapsed() >= LINGER);
    }
}
