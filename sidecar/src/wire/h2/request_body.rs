//! A request's body as the pipeline reads it. Its trailers end here: what they say came too late for every check.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use futures::Stream;
use h2::{Reason, RecvStream};

use super::life::Life;
use crate::wire::body::{BodyError, BodyStream, Frame};

/// Whether somebody wants a body whose client waits to be asked for it (`Expect: 100-continue`).
pub(super) type Wanted = Rc<Cell<bool>>;

/// A request's body; what nobody reads of it is thrown away beside whatever else happens on its connection.
pub(super) fn request_body(stream: RecvStream, life: &Rc<Life>, wanted: Option<&Wanted>) -> Option<BodyStream> {
    if stream.is_end_stream() {
        // Nothing to follow, count or box: most requests have no body.
        return None;
    }
    Some(Box::pin(RequestBody { stream: Some(stream), unused: 0, life: Rc::clone(life), wanted: wanted.cloned() }))
}

struct RequestBody {
    /// There until it is dropped.
    stream: Option<RecvStream>,
    /// Bytes that were handed over and not used yet: the client may send as many again once the next are asked for.
    unused: usize,
    life: Rc<Life>,
    /// There until it is wanted.
    wanted: Option<Wanted>,
}

impl Stream for RequestBody {
    type Item = Result<Frame, BodyError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { stream: Some(stream), unused, life: _, wanted } = self.get_mut() else { return Poll::Ready(None) };
        if let Some(wanted) = wanted.take() {
            wanted.set(true);
        }
        // A stream that is over takes nothing back: then it does not matter.
        let _ = stream.flow_control().release_capacity(std::mem::take(unused));
        let next = ready!(stream.poll_data(context));
        Poll::Ready(next.map(|data| match data {
            Ok(data) => {
                *unused = data.len();
                Ok(Frame::Data(data))
            }
            Err(error) => Err(body_error(&error)),
        }))
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        if let Some(mut stream) = self.stream.take() {
            let _ = stream.flow_control().release_capacity(self.unused);
            self.life.discard(stream);
        }
    }
}

/// Why a body broke off. The `h2` crate resets streams whose framing is broken, with this reason.
fn body_error(error: &h2::Error) -> BodyError {
    match error.reason() {
        Some(Reason::PROTOCOL_ERROR) if !error.is_remote() => {
            BodyError::Framing("its length is not what was declared".to_owned())
        }
        _ => BodyError::Gone,
    }
}
