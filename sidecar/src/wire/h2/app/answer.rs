//! The app's answer as it comes: the app may send on as the client takes it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::Stream;
use h2::RecvStream;

use super::connection::Lease;
use super::heads::safe_trailers;
use crate::wire::body::{BodyError, Frame};
use crate::wire::late_upload::LateUpload;

/// The app's answer as it comes; dropped before its end, the app's stream is cancelled.
pub(super) struct AnswerBody {
    stream: Option<RecvStream>,
    /// Bytes that were handed over and not used yet.
    unused: usize,
    upload: Option<LateUpload<()>>,
    _lease: Lease,
}

impl AnswerBody {
    /// An answer; `upload` is what is left of its request.
    pub(super) fn new(stream: RecvStream, upload: Option<LateUpload<()>>, lease: Lease) -> Self {
        Self { stream: Some(stream), unused: 0, upload, _lease: lease }
    }

    fn end(&mut self, last: Option<Result<Frame, BodyError>>) -> Poll<Option<Result<Frame, BodyError>>> {
        (self.stream, self.upload) = (None, None);
        Poll::Ready(last)
    }
}

impl Stream for AnswerBody {
    type Item = Result<Frame, BodyError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if let Some(Err(error)) = this.upload.as_ref().map(|upload| upload.check(context)) {
            return this.end(Some(Err(error)));
        }
        let Some(stream) = &mut this.stream else { return Poll::Ready(None) };
        // A stream that is over takes nothing back: then it does not matter.
        let _ = stream.flow_control().release_capacity(std::mem::take(&mut this.unused));
        match ready!(stream.poll_data(context)) {
            Some(Ok(data)) => {
                this.unused = data.len();
                Poll::Ready(Some(Ok(Frame::Data(data))))
            }
            Some(Err(_)) => this.end(Some(Err(BodyError::Gone))),
            None => match ready!(stream.poll_trailers(context)) {
                Ok(Some(trailers)) => this.end(Some(Ok(Frame::Trailers(safe_trailers(&trailers))))),
                Ok(None) => this.end(None),
                Err(_) => this.end(Some(Err(BodyError::Gone))),
            },
        }
    }
}
