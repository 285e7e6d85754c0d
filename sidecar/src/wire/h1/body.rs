//! The body of a client's request, read as somebody asks for it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::Stream;

use super::link::{Link, Shared};
use crate::wire::body::{BodyError, Frame};
use crate::wire::codec::Decoded;
use crate::wire::io::Transport;

/// What one read of a body may bring.
const PIECE: usize = 32 * 1024;
/// RFC 9110 section 15.2.1.
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// The body of a client's request. Its trailers end here: what they say came too late for every check.
pub(super) struct RequestBody<T>(pub(super) Shared<T>);

impl<T: Transport> Stream for RequestBody<T> {
    type Item = Result<Frame, BodyError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // Held by nobody else while this runs: it is one task, and nothing here asks anybody.
        let Ok(mut link) = self.0.try_borrow_mut() else { return Poll::Ready(Some(Err(BodyError::Gone))) };
        let next = ready!(link.poll_body(context));
        if let Some(Err(error)) = &next {
            link.body.is_broken |= !matches!(error, BodyError::TooLarge { .. });
        }
        Poll::Ready(next)
    }
}

impl<T> Drop for RequestBody<T> {
    fn drop(&mut self) {
        if let Ok(mut link) = self.0.try_borrow_mut() {
            link.body.is_held = false;
        }
    }
}

impl<T: Transport> Link<T> {
    fn poll_body(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame, BodyError>>> {
        if self.body.is_broken {
            return Poll::Ready(Some(Err(BodyError::Gone)));
        }
        loop {
            if !self.inlet.bytes().is_empty() {
                match self.body.decoder.decode(self.inlet.bytes()) {
                    Ok(Decoded::Data { consumed, payload }) => {
                        let data = self.inlet.take(consumed).slice(payload);
                        return Poll::Ready(Some(Ok(Frame::Data(data))));
                    }
                    Ok(Decoded::More { consumed }) => self.inlet.skip(consumed),
                    Ok(Decoded::End { consumed, trailers: _ }) => self.inlet.skip(consumed),
                    Err(error) => return Poll::Ready(Some(Err(BodyError::Framing(error.to_string())))),
                }
            }
            if self.body.decoder.is_done() {
                return Poll::Ready(None);
            }
            ready!(self.poll_read_on(context))?;
        }
    }

    /// Brings more of the body, and asks for it first where the client waits to be asked.
    fn poll_read_on(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BodyError>> {
        if std::mem::take(&mut self.body.owes_continue) {
            self.outlet.framing().extend_from_slice(CONTINUE);
        }
        if !self.outlet.is_empty() && matches!(self.poll_flush(context), Poll::Ready(Err(_))) {
            return Poll::Ready(Err(BodyError::Gone));
        }
        let Self { inlet, io, .. } = self;
        match ready!(inlet.poll_more(io, context, PIECE)) {
            Ok(1..) => Poll::Ready(Ok(())),
            Ok(0) | Err(_) => Poll::Ready(Err(BodyError::Gone)),
        }
    }
}
