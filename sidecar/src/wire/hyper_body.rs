//! Bodies between hyper and the pipeline, both ways.

use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::Stream;
use http_body::{Body as _, SizeHint};
use hyper::body::Incoming;
use tokio::sync::oneshot;

use super::activity::Busy;
use super::body::{Body, BodyError, BodyStream, Frame};
use super::discard::Discards;
use super::framing::{header_map, safe_trailers};

/// The most that is handed over at once, so that a client that reads slowly holds no more than this in our buffers.
const PIECE: usize = 64 * 1024;

/// What became of a request's body.
#[derive(Debug, Default)]
pub(super) struct BodyEnd {
    is_whole: AtomicBool,
    is_dropped: AtomicBool,
}

impl BodyEnd {
    /// What follows could be read in two ways: nobody will read it.
    pub(super) fn abandon(&self) {
        self.is_whole.store(false, Relaxed);
        self.is_dropped.store(true, Relaxed);
    }

    /// Nobody will read the rest: the connection cannot be used again.
    pub(super) fn is_abandoned(&self) -> bool {
        self.is_dropped.load(Relaxed) && !self.is_whole.load(Relaxed)
    }
}

/// The length of a body where it is known.
pub(super) fn exact_length(body: &Incoming) -> Option<u64> {
    if body.is_end_stream() { Some(0) } else { body.size_hint().exact() }
}

/// A request's body as the pipeline reads it. Its trailers end here: what they say came too late for every check.
/// What nobody reads goes to `discards`, where there are any.
pub(super) fn request_body(inner: Incoming, end: Arc<BodyEnd>, discards: Option<Discards>) -> Option<BodyStream> {
    if inner.is_end_stream() {
        end.is_whole.store(true, Relaxed);
        // Nothing to follow, count or box: most requests have no body.
        return None;
    }
    Some(Box::pin(RequestBody { inner: Some(inner), end, discards }))
}

struct RequestBody {
    /// There until it is dropped.
    inner: Option<Incoming>,
    end: Arc<BodyEnd>,
    discards: Option<Discards>,
}

impl Stream for RequestBody {
    type Item = Result<Frame, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { inner: Some(inner), end, discards: _ } = &mut *self else { return Poll::Ready(None) };
        loop {
            let next = ready!(Pin::new(&mut *inner).poll_frame(context));
            let is_last = next.is_none() || inner.is_end_stream();
            end.is_whole.store(is_last && !matches!(next, Some(Err(_))), Relaxed);
            match next {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(body_error(&error)))),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(Frame::Data(data))));
                    }
                }
            }
        }
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        self.end.is_dropped.store(true, Relaxed);
        if self.end.is_abandoned()
            && let (Some(discards), Some(inner)) = (&self.discards, self.inner.take())
        {
            discards.take(inner);
        }
    }
}

/// A piece of the app's answer.
pub(super) fn answer_frame(frame: http_body::Frame<Bytes>) -> Option<Frame> {
    match frame.into_data() {
        Ok(data) => Some(Frame::Data(data)),
        Err(frame) => frame.into_trailers().ok().map(|trailers| Frame::Trailers(safe_trailers(trailers))),
    }
}

/// Why a body broke off.
pub(super) fn body_error(error: &hyper::Error) -> BodyError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            return match io.kind() {
                ErrorKind::InvalidInput | ErrorKind::InvalidData => BodyError::Framing(io.to_string()),
                _ => BodyError::Gone,
            };
        }
        cause = inner.source();
    }
    if error.is_parse() || error.is_parse_too_large() { BodyError::Framing(error.to_string()) } else { BodyError::Gone }
}

/// How an answer's body is taken.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// How often the client asked for more.
    pub(super) asked: AtomicU64,
    /// Whether it was the source that had nothing.
    pub(super) awaits_source: AtomicBool,
}

/// An answer's body as hyper takes it.
pub(super) struct AnswerBody {
    source: Source,
    left: Option<u64>,
    taken: Option<oneshot::Sender<()>>,
    progress: Arc<Progress>,
    _busy: Busy,
}

enum Source {
    Whole(Bytes),
    Stream(BodyStream),
}

impl AnswerBody {
    /// A body of `length` bytes, if that is known; `taken` hears when it was taken whole.
    pub(super) fn new(body: Body, length: Option<u64>, busy: Busy) -> (Self, oneshot::Receiver<()>, Arc<Progress>) {
        let (taken, heard) = oneshot::channel();
        let progress = Arc::new(Progress::default());
        let (source, left) = match body {
            Body::Whole(bytes) => (Source::Whole(bytes.clone()), Some(bytes.len() as u64)),
            Body::Stream(stream) => (Source::Stream(stream), length),
            Body::Tunnel(_) => (Source::Whole(Bytes::new()), Some(0)),
        };
        let mut answer = Self { source, left, taken: Some(taken), progress: Arc::clone(&progress), _busy: busy };
        if answer.left == Some(0) {
            answer.was_taken();
        }
        (answer, heard, progress)
    }

    fn was_taken(&mut self) {
        if let Some(taken) = self.taken.take() {
            // Nobody listens where the request's task ended first.
            let _ = taken.send(());
        }
    }

    fn piece(&mut self, data: Bytes) -> Result<http_body::Frame<Bytes>, BodyError> {
        if let Some(left) = self.left.as_mut() {
            let after = left.checked_sub(data.len() as u64);
            *left = after.ok_or_else(|| BodyError::Framing("it is longer than it was said to be".to_owned()))?;
            if *left == 0 {
                self.was_taken();
            }
        }
        Ok(http_body::Frame::data(data))
    }

    fn end(&mut self) -> Option<Result<http_body::Frame<Bytes>, BodyError>> {
        // An answer that breaks off must never look complete.
        if self.left.is_some_and(|left| left > 0) {
            return Some(Err(BodyError::Gone));
        }
        self.was_taken();
        None
    }
}

impl http_body::Body for AnswerBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        this.progress.asked.fetch_add(1, Relaxed);
        let next = match &mut this.source {
            Source::Whole(bytes) if bytes.is_empty() => None,
            Source::Whole(bytes) => Some(Ok(Frame::Data(bytes.split_to(bytes.len().min(PIECE))))),
            Source::Stream(stream) => {
                let polled = stream.as_mut().poll_next(context);
                this.progress.awaits_source.store(polled.is_pending(), Relaxed);
                ready!(polled)
            }
        };
        Poll::Ready(match next {
            None => this.end(),
            Some(Ok(Frame::Data(data))) => Some(this.piece(data)),
            Some(Ok(Frame::Trailers(fields))) => Some(Ok(http_body::Frame::trailers(header_map(&fields)))),
            Some(Err(error)) => Some(Err(error)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
