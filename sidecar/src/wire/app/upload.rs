//! A request on its way to the app: its head, and its body as it comes.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::Stream;
use tokio::io::AsyncWrite;

use crate::wire::body::{BodyError, Capped, Frame};
use crate::wire::codec::{Framing, write_chunk_head, write_last_chunk};
use crate::wire::io::Outlet;

/// A request on its way.
pub(super) struct Upload {
    outlet: Outlet,
    body: Option<Capped>,
    measure: Measure,
    /// Something of it was written.
    pub(super) has_begun: bool,
    /// Some of its body was taken from its client: it cannot be sent again.
    pub(super) is_consumed: bool,
}

/// How the body is framed.
enum Measure {
    Left(u64),
    Chunked,
}

/// Why the rest of a request cannot be sent.
#[derive(Debug)]
pub(super) enum UploadError {
    /// Its client sends no more of it.
    Body(BodyError),
    /// The app takes no more of it.
    App,
}

impl Upload {
    /// A request whose head `write` writes.
    pub(super) fn new(body: Capped, framing: Framing, write: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut outlet = Outlet::default();
        write(outlet.framing());
        let (body, measure) = match framing {
            Framing::Length(length @ 1..) => (Some(body), Measure::Left(length)),
            Framing::Chunked => (Some(body), Measure::Chunked),
            Framing::Length(0) | Framing::None | Framing::UntilClose => (None, Measure::Left(0)),
        };
        Self { outlet, body, measure, has_begun: false, is_consumed: false }
    }

    /// Whether all of it was written.
    pub(super) fn is_over(&self) -> bool {
        self.body.is_none() && self.outlet.is_empty()
    }

    /// Sends on; ready when all of it was written.
    pub(super) fn poll<W: AsyncWrite + Unpin>(
        &mut self,
        io: &mut W,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), UploadError>> {
        loop {
            // What has come of the body leaves together with the head.
            let waits = self.body.is_some() && self.outlet.has_room() && self.poll_body(context)?.is_pending();
            if self.outlet.is_empty() {
                return if waits {
                    Poll::Pending
                } else if self.is_over() {
                    Poll::Ready(Ok(()))
                } else {
                    continue;
                };
            }
            ready!(self.outlet.poll_write(io, context)).map_err(|_| UploadError::App)?;
            self.has_begun = true;
        }
    }

    /// Takes the next piece of the body.
    fn poll_body(&mut self, context: &mut Context<'_>) -> Poll<Result<(), UploadError>> {
        let Some(body) = self.body.as_mut() else { return Poll::Ready(Ok(())) };
        match ready!(Pin::new(body).poll_next(context)) {
            Some(Ok(Frame::Data(data))) => {
                self.is_consumed = true;
                self.push(data)?;
            }
            // Trailers of a request end here.
            Some(Ok(Frame::Trailers(_))) => {}
            Some(Err(error)) => return Poll::Ready(Err(UploadError::Body(error))),
            None => self.end()?,
        }
        Poll::Ready(Ok(()))
    }

    fn push(&mut self, data: bytes::Bytes) -> Result<(), UploadError> {
        if data.is_empty() {
            return Ok(());
        }
        match &mut self.measure {
            Measure::Left(left) => {
                let too_long =
                    || UploadError::Body(BodyError::Framing("it is longer than it was said to be".to_owned()));
                *left = left.checked_sub(data.len() as u64).ok_or_else(too_long)?;
                if *left == 0 {
                    self.body = None;
                }
                self.outlet.push(data);
            }
            Measure::Chunked => {
                write_chunk_head(self.outlet.framing(), data.len());
                self.outlet.push_with(data, b"\r\n");
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), UploadError> {
        self.body = None;
        match self.measure {
            Measure::Left(0) => Ok(()),
            Measure::Left(_) => Err(UploadError::Body(BodyError::Gone)),
            Measure::Chunked => {
                write_last_chunk(self.outlet.framing(), None);
                Ok(())
            }
        }
    }
}
