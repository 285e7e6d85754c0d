//! Bodies: payload without framing, in pieces; and the capped one, the only body a filter can hold.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::Stream;

use super::fields::Fields;

/// A piece of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// Payload.
    Data(Bytes),
    /// Fields after the payload; nothing follows.
    Trailers(Fields),
}

/// Why a body ended before it was whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Its framing is broken.
    #[error("the framing of the body is broken: {0}")]
    Framing(String),
    /// Whoever sends it went away.
    #[error("the sender of the body went away")]
    Gone,
    /// No piece came in time.
    #[error("the body stalled")]
    Stalled,
    /// It is larger than its limit.
    #[error("the body is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
}

/// Pieces of a body, from whoever sends it.
pub type BodyStream = Pin<Box<dyn Stream<Item = Result<Frame, BodyError>>>>;

/// The body of an answer.
pub enum Body {
    /// Known as a whole.
    Whole(Bytes),
    /// As it comes.
    Stream(BodyStream),
    /// None: the connection is another protocol's from here on.
    Tunnel(Tunnel),
}

/// Bytes both ways, once a connection was upgraded.
pub trait Duplex: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin {}

impl<T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin> Duplex for T {}

/// The app's end of an upgraded connection.
pub type Tunnel = Box<dyn Duplex>;

impl Body {
    /// No body.
    #[must_use]
    pub fn empty() -> Self {
        Self::Whole(Bytes::new())
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            Self::Stream(_) => f.write_str("Body(stream)"),
            Self::Tunnel(_) => f.write_str("Body(tunnel)"),
        }
    }
}

/// A request's body that counts itself: it yields at most `limit` bytes and then fails.
pub struct Capped {
    /// `None` where there is none, or none any more.
    inner: Option<BodyStream>,
    limit: Option<u64>,
    taken: u64,
}

/// How a body is capped once its route is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the declared body of {declared} bytes is larger than {limit} bytes")]
pub struct CapError {
    /// What the request declared, in bytes.
    pub declared: u64,
    /// The limit, in bytes.
    pub limit: u64,
}

impl Capped {
    /// Caps a body; `None` counts it only, as a limit in report mode does.
    #[must_use]
    pub fn new(inner: Option<BodyStream>, limit: Option<u64>) -> Self {
        Self { inner, limit, taken: 0 }
    }

    /// Whether nothing will come.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.inner.is_none()
    }

    /// How many bytes came so far.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.taken
    }
}

impl std::fmt::Debug for Capped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Capped").field("limit", &self.limit).field("taken", &self.taken).finish_non_exhaustive()
    }
}

impl Stream for Capped {
    type Item = Result<Frame, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(inner) = self.inner.as_mut() else { return Poll::Ready(None) };
        let next = std::task::ready!(inner.as_mut().poll_next(context));
        if let Some(Ok(Frame::Data(bytes))) = &next {
            self.taken = self.taken.saturating_add(bytes.len() as u64);
            if let Some(limit) = self.limit.filter(|limit| self.taken > *limit) {
                // What came beyond the limit never reaches the app; the stream is over.
                self.inner = None;
                return Poll::Ready(Some(Err(BodyError::TooLarge { limit })));
            }
        }
        if next.is_none() {
            self.inner = None;
        }
        Poll::Ready(next)
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;
    use futures::executor::block_on;

    use super::*;

    fn body(pieces: &'static [&'static str]) -> Option<BodyStream> {
        Some(Box::pin(futures::stream::iter(
            pieces.iter().map(|piece| Ok(Frame::Data(Bytes::from_static(piece.as_bytes())))),
        )))
    }

    #[test]
    fn a_body_of_exactly_its_limit_passes() {
        let pieces: Vec<_> = block_on(Capped::new(body(&["ab", "cd"]), Some(4)).collect());
        assert!(pieces.iter().all(Result::is_ok) && pieces.len() == 2);
    }

    #[test]
    fn one_byte_more_fails_and_ends() {
        let pieces: Vec<_> = block_on(Capped::new(body(&["ab", "cde", "f"]), Some(4)).collect());
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces[1], Err(BodyError::TooLarge { limit: 4 }));
    }

    #[test]
    fn without_a_limit_it_only_counts() {
        let mut capped = Capped::new(body(&["ab", "cde"]), None);
        while block_on(capped.next()).is_some() {}
        assert_eq!(capped.taken(), 5);
    }
}
