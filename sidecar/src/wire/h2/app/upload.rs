//! A request's body on its way to the app: no more is taken of it than the app has room for.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::Stream;
use h2::{Reason, SendStream};

use crate::wire::body::{BodyError, Capped, Frame};

/// A request's body on its way.
pub(super) struct Upload {
    body: Capped,
    stream: SendStream<Bytes>,
    /// What was declared and has not come yet.
    left: Option<u64>,
    pending: Bytes,
    /// Some of it was taken from its client: it cannot be sent again.
    pub(super) is_consumed: bool,
}

impl Upload {
    /// A body of so many bytes, if that is known.
    pub(super) fn new(body: Capped, stream: SendStream<Bytes>, length: Option<u64>) -> Self {
        Self { body, stream, left: length, pending: Bytes::new(), is_consumed: false }
    }

    /// The body as it was before anything was sent.
    pub(super) fn into_body(self) -> Capped {
        self.body
    }

    /// Sends on; ready when all of it was handed over, or the app takes no more of it.
    ///
    /// # Errors
    /// When its client does not send it whole: the app's request is cancelled.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BodyError>> {
        loop {
            if !self.pending.is_empty() {
                let Some(room) = ready!(self.poll_room(context)) else { return Poll::Ready(Ok(())) };
                let piece = self.pending.split_to(room.min(self.pending.len()));
                let is_last = self.pending.is_empty() && self.left == Some(0);
                if self.stream.send_data(piece, is_last).is_err() || is_last {
                    return Poll::Ready(Ok(()));
                }
                continue;
            }
            let piece = ready!(Pin::new(&mut self.body).poll_next(context));
            match self.take(piece) {
                Ok(true) => return Poll::Ready(Ok(())),
                Ok(false) => {}
                Err(error) => {
                    self.stream.send_reset(Reason::CANCEL);
                    return Poll::Ready(Err(error));
                }
            }
        }
    }

    /// Takes a piece of the body; whether that was its end.
    fn take(&mut self, piece: Option<Result<Frame, BodyError>>) -> Result<bool, BodyError> {
        let data = match piece.transpose()? {
            Some(Frame::Data(data)) => data,
            // Trailers of a request end here.
            Some(Frame::Trailers(_)) => return Ok(false),
            None if self.left.is_none_or(|left| left == 0) => {
                // An app that takes no more of it may well answer it.
                let _ = self.stream.send_data(Bytes::new(), true);
                return Ok(true);
            }
            None => return Err(BodyError::Gone),
        };
        self.is_consumed = true;
        if let Some(left) = self.left {
            let too_long = || BodyError::Framing("it is longer than it was said to be".to_owned());
            self.left = Some(left.checked_sub(data.len() as u64).ok_or_else(too_long)?);
        }
        self.pending = data;
        Ok(false)
    }

    /// How many bytes the app has room for; `None` where it takes no more.
    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<Option<usize>> {
        self.stream.reserve_capacity(self.pending.len());
        match self.stream.capacity() {
            0 => self.stream.poll_capacity(context).map(|room| room?.ok()),
            room => Poll::Ready(Some(room)),
        }
    }
}
