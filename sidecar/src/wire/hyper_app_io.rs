//! What passes between the app and hyper's client: a request's body, and the bytes of the connection.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::Stream;
use http_body::SizeHint;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::body::{BodyError, Capped, Frame};

/// What became of a request's body on its way to the app.
#[derive(Debug, Default)]
pub(super) struct Sent {
    is_whole: AtomicBool,
    failure: OnceLock<BodyError>,
}

impl Sent {
    /// Whether all of it was handed over.
    pub(super) fn is_whole(&self) -> bool {
        self.is_whole.load(Relaxed)
    }

    /// Why it broke off.
    pub(super) fn failure(&self) -> Option<BodyError> {
        self.failure.get().cloned()
    }
}

/// A request's body as hyper sends it.
pub(super) struct AppRequestBody {
    body: Option<Capped>,
    length: Option<u64>,
    sent: Arc<Sent>,
}

impl AppRequestBody {
    /// A body of that length, or chunked where it is not known.
    pub(super) fn new(body: Capped, length: Option<u64>, sent: Arc<Sent>) -> Self {
        let is_empty = length == Some(0);
        sent.is_whole.store(is_empty, Relaxed);
        Self { body: (!is_empty).then_some(body), length, sent }
    }

    /// No body.
    pub(super) fn empty(sent: Arc<Sent>) -> Self {
        sent.is_whole.store(true, Relaxed);
        Self { body: None, length: Some(0), sent }
    }
}

impl http_body::Body for AppRequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        let Some(body) = this.body.as_mut() else { return Poll::Ready(None) };
        let next = loop {
            match ready!(Pin::new(&mut *body).poll_next(context)) {
                Some(Ok(Frame::Data(data))) if !data.is_empty() => break Some(Ok(data)),
                // Trailers of a request end here.
                Some(Ok(_)) => {}
                Some(Err(error)) => break Some(Err(error)),
                None => break None,
            }
        };
        match &next {
            Some(Ok(data)) => {
                this.length = this.length.map(|left| left.saturating_sub(data.len() as u64));
                this.sent.is_whole.store(this.length == Some(0), Relaxed);
            }
            Some(Err(error)) => {
                let _ = this.sent.failure.set(error.clone());
                this.body = None;
            }
            None => {
                this.sent.is_whole.store(true, Relaxed);
                this.body = None;
            }
        }
        Poll::Ready(next.map(|data| data.map(http_body::Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.length == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// A connection to the app that remembers whether the app said anything.
pub(super) struct AppIo {
    pub(super) stream: TcpStream,
    pub(super) heard: Arc<AtomicBool>,
}

impl AsyncRead for AppIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if buffer.filled().len() > before {
            self.heard.store(true, Relaxed);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for AppIo {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
