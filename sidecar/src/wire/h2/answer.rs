//! One answer on its way to the client: no more is asked of its source than the client has room for.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::{Reason, SendStream};

use super::fields::header_map;
use super::life::Life;
use super::pace::Pace;
use crate::wire::body::{BodyError, BodyStream, Frame};
use crate::wire::fields::Fields;
use crate::wire::traits::ClientGone;

/// What is left of a piece is copied up to this length while it has to wait, in bytes.
const COPIED: usize = 4096;

/// A stream to the client. Dropped before its end it is reset, so that nothing looks whole that is not.
pub(super) struct Outgoing {
    stream: SendStream<Bytes>,
    life: Rc<Life>,
    /// There once it had to wait for its client.
    pace: Option<Rc<Pace>>,
}

impl Outgoing {
    pub(super) fn new(stream: SendStream<Bytes>, life: Rc<Life>) -> Self {
        Self { stream, life, pace: None }
    }

    /// Sends bytes as the client takes them; with `is_last`, nothing follows.
    pub(super) async fn send(&mut self, mut bytes: Bytes, is_last: bool) -> Result<(), ClientGone> {
        loop {
            let mut room = if bytes.is_empty() { 0 } else { self.room_now(bytes.len()) };
            if room == 0 && !bytes.is_empty() {
                if bytes.len() <= COPIED {
                    // What is left of a large piece would keep all of it while the client takes its time.
                    bytes = Bytes::copy_from_slice(&bytes);
                }
                room = self.more_room().await?;
            }
            if room >= bytes.len() {
                return self.push(bytes, is_last);
            }
            let piece = bytes.split_to(room);
            self.push(piece, false)?;
        }
    }

    /// Passes a body on; `length` is what was declared, if anything was.
    pub(super) async fn stream(&mut self, mut source: BodyStream, length: Option<u64>) -> Result<(), ClientGone> {
        let mut left = length;
        loop {
            if self.room_now(1) == 0 {
                self.more_room().await?;
            }
            let piece = poll_fn(|context| self.poll_piece(&mut source, context)).await?;
            let data = match piece {
                Some(Ok(Frame::Data(data))) => data,
                Some(Ok(Frame::Trailers(fields))) if left.is_none_or(|left| left == 0) => return self.end(fields),
                None if left.is_none_or(|left| left == 0) => return self.push(Bytes::new(), true),
                // An answer that breaks off, or says more than it declared, must never look whole.
                Some(Ok(Frame::Trailers(_)) | Err(_)) | None => return Err(self.reset(Reason::INTERNAL_ERROR)),
            };
            if let Some(declared) = left {
                let Some(after) = declared.checked_sub(data.len() as u64) else {
                    return Err(self.reset(Reason::INTERNAL_ERROR));
                };
                left = Some(after);
            }
            if left == Some(0) {
                return self.last(data, source).await;
            }
            if !data.is_empty() {
                self.send(data, false).await?;
            }
        }
    }

    /// Ends the stream with trailers.
    pub(super) fn end(&mut self, trailers: Fields) -> Result<(), ClientGone> {
        self.stream.send_trailers(header_map(trailers, 0)).map_err(|_| ClientGone)
    }

    /// Ends the stream where it is.
    pub(super) fn reset(&mut self, reason: Reason) -> ClientGone {
        self.stream.send_reset(reason);
        ClientGone
    }

    /// Ready when the client has given up.
    pub(super) fn poll_gone(&mut self, context: &mut Context<'_>) -> Poll<ClientGone> {
        self.stream.poll_reset(context).map(|_| ClientGone)
    }

    /// The last data that was declared: its frame ends the stream, unless trailers follow.
    async fn last(&mut self, data: Bytes, mut source: BodyStream) -> Result<(), ClientGone> {
        let next = poll_fn(|context| Poll::Ready(source.as_mut().poll_next(context))).await;
        if matches!(next, Poll::Ready(None)) {
            return self.send(data, true).await;
        }
        self.send(data, false).await?;
        let next = match next {
            Poll::Ready(next) => next,
            Poll::Pending => poll_fn(|context| self.poll_piece(&mut source, context)).await?,
        };
        match next {
            None => self.push(Bytes::new(), true),
            Some(Ok(Frame::Trailers(fields))) => self.end(fields),
            Some(_) => Err(self.reset(Reason::INTERNAL_ERROR)),
        }
    }

    /// Hands over what there is room for.
    fn push(&mut self, bytes: Bytes, is_last: bool) -> Result<(), ClientGone> {
        self.life.paces.took(self.pace.as_ref(), bytes.len());
        self.life.allowance.sent();
        self.stream.send_data(bytes, is_last).map_err(|_| ClientGone)
    }

    /// How many of the wanted bytes the client has room for now.
    fn room_now(&mut self, wanted: usize) -> usize {
        self.stream.reserve_capacity(wanted);
        self.stream.capacity()
    }

    /// Waits until the client has room for some of the wanted bytes.
    async fn more_room(&mut self) -> Result<usize, ClientGone> {
        poll_fn(|context| self.poll_room(context)).await
    }

    fn poll_room(&mut self, context: &mut Context<'_>) -> Poll<Result<usize, ClientGone>> {
        let known = self.pace.is_some();
        let pace = self.pace.get_or_insert_with(|| self.life.paces.join());
        if self.life.paces.waits(pace, context.waker()) {
            return Poll::Ready(Err(self.reset(Reason::CANCEL)));
        }
        if let Poll::Ready(room) = self.stream.poll_capacity(context) {
            return Poll::Ready(room.and_then(Result::ok).ok_or(ClientGone));
        }
        if !known {
            // The connection's timer does not know yet that somebody waits.
            self.life.reconsider();
        }
        Poll::Pending
    }

    /// The next piece of the source, unless the client gives up before.
    fn poll_piece(
        &mut self,
        source: &mut BodyStream,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<Result<Frame, BodyError>>, ClientGone>> {
        if let Poll::Ready(piece) = source.as_mut().poll_next(context) {
            return Poll::Ready(Ok(piece));
        }
        if let Some(pace) = &self.pace {
            self.life.paces.took(Some(pace), 0);
        }
        Poll::Ready(Err(ready!(self.poll_gone(context))))
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        if let Some(pace) = &self.pace {
            self.life.paces.leave(pace);
        }
    }
}
