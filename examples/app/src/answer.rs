//! Bodies and the few kinds of answers that both apps give.

use std::error::Error;

use bytes::Bytes;
use futures::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;

/// Why a body broke off.
pub type BodyError = Box<dyn Error + Send + Sync>;
/// The body of an answer: a whole one or a stream.
pub type Body = UnsyncBoxBody<Bytes, BodyError>;

/// How many bytes of a made-up body are sent at once.
const CHUNK: u64 = 64 * 1024;

/// Plain text.
pub fn text(status: StatusCode, text: impl Into<Bytes>) -> Response<Body> {
    with_type(status, "text/plain; charset=utf-8", whole(text))
}

/// A JSON document.
pub fn json(status: StatusCode, document: &impl Serialize) -> Response<Body> {
    match serde_json::to_vec(document) {
        Ok(bytes) => with_type(status, "application/json; charset=utf-8", whole(bytes)),
        Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, format!("cannot write the answer: {error}\n")),
    }
}

/// An answer with a body of a media type.
pub fn with_type(status: StatusCode, media_type: &'static str, body: Body) -> Response<Body> {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    answer
}

/// A body that is all there.
pub fn whole(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// A request's body, passed on as it arrives.
pub fn passed_on(body: Incoming) -> Body {
    body.map_err(BodyError::from).boxed_unsync()
}

/// A body of so many bytes, made while it is sent.
pub fn made_up(bytes: u64) -> Body {
    let chunk = Bytes::from(vec![b'x'; usize::try_from(CHUNK).unwrap_or_default()]);
    let frames = stream::unfold(bytes, move |left| {
        let now = usize::try_from(left.min(CHUNK)).unwrap_or_default();
        let frame = (left > 0).then(|| (Ok(Frame::data(chunk.slice(..now))), left.saturating_sub(CHUNK)));
        std::future::ready(frame)
    });
    StreamBody::new(frames).boxed_unsync()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_made_up_body_has_the_length_asked_for() {
        for length in [0, 1, CHUNK, CHUNK + 1, 3 * CHUNK - 1] {
            let bytes = made_up(length).collect().await.unwrap().to_bytes();
            assert_eq!(bytes.len() as u64, length);
        }
    }
}
