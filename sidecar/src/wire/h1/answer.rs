//! One answer on its way to the client: framed anew, written as the client takes it.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::link::{Link, Shared};
use super::tunnel::TunnelPipe;
use crate::wire::body::{Body, BodyError, BodyStream, Frame};
use crate::wire::codec::{Framing, Persistence, Written, write_chunk_head, write_last_chunk, write_response};
use crate::wire::head::{ResponseHead, Version};
use crate::wire::io::{Transport, with_http_date};
use crate::wire::traits::ClientGone;

/// What an answer depends on besides itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// Answers to HEAD have no body.
    pub(super) is_head: bool,
    /// How the client speaks.
    pub(super) version: Version,
    /// Whether the client wants the connection to go on.
    pub(super) keep_alive: bool,
}

impl Asked {
    /// A request that could not be read: nothing can follow it.
    pub(super) const UNREADABLE: Self = Self { is_head: false, version: Version::Http11, keep_alive: false };
}

/// One answer on its way; ready when the client took all of it.
pub(super) struct Answer<T> {
    link: Shared<T>,
    source: Source,
}

enum Source {
    /// Everything is in the outlet.
    Written,
    Stream(BodyStream, Measure),
    Tunnel(TunnelPipe),
}

/// What is known of a streamed body's length.
#[derive(Clone, Copy)]
enum Measure {
    /// So many bytes are still to come.
    Left(u64),
    Chunked,
    UntilClose,
}

impl<T: Transport> Answer<T> {
    /// Takes the head and what is known of the body.
    pub(super) fn begin(link: Shared<T>, asked: &Asked, head: &ResponseHead, body: Body) -> Self {
        let source = link.try_borrow_mut().map_or(Source::Written, |mut link| link.begin_answer(asked, head, body));
        Self { link, source }
    }
}

impl<T: Transport> Future for Answer<T> {
    type Output = Result<(), ClientGone>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { link, source } = self.get_mut();
        loop {
            let ended = match source {
                Source::Written => return poll_last(link, context),
                Source::Tunnel(pipe) => {
                    ready!(flush(link, context))?;
                    let Ok(mut link) = link.try_borrow_mut() else { return Poll::Ready(Err(ClientGone)) };
                    let ended = ready!(pipe.poll(&mut link, context));
                    link.is_answered = ended.is_ok();
                    return Poll::Ready(ended);
                }
                Source::Stream(stream, measure) => ready!(poll_stream(link, stream, measure, context)),
            };
            match ended {
                Ok(()) => *source = Source::Written,
                Err(_) => {
                    return Poll::Ready(Err(link
                        .try_borrow_mut()
                        .map_or(ClientGone, |mut link| link.break_off(source))));
                }
            }
        }
    }
}

/// Waits until all of it was taken.
fn poll_last<T: Transport>(link: &Shared<T>, context: &mut Context<'_>) -> Poll<Result<(), ClientGone>> {
    let Ok(mut link) = link.try_borrow_mut() else { return Poll::Ready(Err(ClientGone)) };
    ready!(if link.ends { link.poll_flush_last(context) } else { link.poll_flush(context) })?;
    link.is_answered = true;
    Poll::Ready(Ok(()))
}

fn flush<T: Transport>(link: &Shared<T>, context: &mut Context<'_>) -> Poll<Result<(), ClientGone>> {
    let Ok(mut link) = link.try_borrow_mut() else { return Poll::Ready(Err(ClientGone)) };
    link.poll_flush(context)
}

/// Passes pieces on until the source ends. The link is free while the source is asked: it may be this very
/// connection's request that feeds it.
fn poll_stream<T: Transport>(
    link: &Shared<T>,
    stream: &mut BodyStream,
    measure: &mut Measure,
    context: &mut Context<'_>,
) -> Poll<Result<(), BodyError>> {
    loop {
        if link.try_borrow().is_ok_and(|link| link.outlet.has_room()) {
            let piece = stream.as_mut().poll_next(context);
            let Ok(mut link) = link.try_borrow_mut() else { return Poll::Ready(Err(BodyError::Gone)) };
            let Poll::Ready(piece) = piece else {
                // What came so far leaves now: it may be an event that somebody waits for.
                ready!(link.poll_flush(context)).map_err(|_| BodyError::Gone)?;
                ready!(link.poll_gone(context));
                return Poll::Ready(Err(BodyError::Gone));
            };
            if link.take_piece(measure, piece.transpose()?)? {
                return Poll::Ready(Ok(()));
            }
        } else {
            ready!(flush(link, context)).map_err(|_| BodyError::Gone)?;
        }
    }
}

impl<T: Transport> Link<T> {
    fn begin_answer(&mut self, asked: &Asked, head: &ResponseHead, body: Body) -> Source {
        let switches = matches!(body, Body::Tunnel(_));
        let framing = framing(asked, head, &body);
        self.ends = !asked.keep_alive || self.has_to_end() || matches!(framing, Framing::UntilClose);
        let persistence = match (self.ends, asked.version) {
            (true, _) => Persistence::Close,
            (false, Version::Http10) => Persistence::KeepAlive10,
            (false, _) => Persistence::Implied,
        };
        let out = self.outlet.framing();
        with_http_date(|date| write_response(out, head, Written { framing, persistence, date, switches }));
        let measure = match framing {
            Framing::None => None,
            Framing::Length(length) => Some(Measure::Left(length)),
            Framing::Chunked => Some(Measure::Chunked),
            Framing::UntilClose => Some(Measure::UntilClose),
        };
        match (body, measure.filter(|_| !asked.is_head && head.status != 304)) {
            (Body::Tunnel(io), _) => Source::Tunnel(TunnelPipe::new(io)),
            (Body::Whole(bytes), Some(_)) => {
                self.outlet.push(bytes);
                Source::Written
            }
            (Body::Stream(stream), Some(measure)) => Source::Stream(stream, measure),
            (_, None) => Source::Written,
        }
    }

    /// Whether no request can follow on this connection.
    fn has_to_end(&mut self) -> bool {
        if !self.body.is_held {
            self.skip_body();
        }
        // What nobody reads hides where the next request begins.
        let is_lost = !self.body.is_held && !self.body.is_whole();
        is_lost || self.is_aged || self.inlet.has_ended() || self.is_draining()
    }

    /// Takes the next piece; whether it was the last.
    fn take_piece(&mut self, measure: &mut Measure, piece: Option<Frame>) -> Result<bool, BodyError> {
        let trailers = match piece {
            Some(Frame::Data(data)) => {
                if !data.is_empty() {
                    self.push_data(measure, data)?;
                }
                return Ok(false);
            }
            Some(Frame::Trailers(fields)) => Some(fields),
            None => None,
        };
        match measure {
            // An answer that breaks off must never look whole.
            Measure::Left(1..) => return Err(BodyError::Gone),
            Measure::Left(0) | Measure::UntilClose => {}
            Measure::Chunked => write_last_chunk(self.outlet.framing(), trailers.as_ref()),
        }
        Ok(true)
    }

    fn push_data(&mut self, measure: &mut Measure, data: bytes::Bytes) -> Result<(), BodyError> {
        match measure {
            Measure::Left(left) => {
                let rest = left.checked_sub(data.len() as u64);
                *left = rest.ok_or_else(|| BodyError::Framing("it is longer than it was said to be".to_owned()))?;
                self.outlet.push(data);
            }
            Measure::Chunked => {
                write_chunk_head(self.outlet.framing(), data.len());
                self.outlet.push_with(data, b"\r\n");
            }
            Measure::UntilClose => self.outlet.push(data),
        }
        Ok(())
    }

    /// Ends the connection in the middle of an answer.
    fn break_off(&mut self, source: &Source) -> ClientGone {
        self.failed = true;
        // Elsewhere the framing tells; here the end is all there is to tell it by.
        if matches!(source, Source::Stream(_, Measure::UntilClose)) {
            self.io.break_off();
        }
        ClientGone
    }
}

fn framing(asked: &Asked, head: &ResponseHead, body: &Body) -> Framing {
    match body {
        Body::Tunnel(_) => Framing::None,
        _ if head.status == 204 => Framing::None,
        // The length of what a GET would have got; 304 says it in the same way.
        _ if asked.is_head || head.status == 304 => head.content_length.map_or(Framing::None, Framing::Length),
        Body::Whole(bytes) => Framing::Length(bytes.len() as u64),
        Body::Stream(_) => match (head.content_length, asked.version) {
            (Some(length), _) => Framing::Length(length),
            (None, Version::Http10) => Framing::UntilClose,
            (None, _) => Framing::Chunked,
        },
    }
}
