//! The client of one request, behind hyper.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use http::header::{CONNECTION, CONTENT_LENGTH, HeaderValue};
use tokio::sync::oneshot;

use super::activity::{Activity, Busy};
use super::body::Body;
use super::framing::header_map;
use super::head::ResponseHead;
use super::hyper_body::{AnswerBody, BodyEnd, Progress};
use super::traits::{Client, ClientGone};

/// What an answer depends on besides itself.
pub(super) struct Exchange {
    pub(super) is_http1: bool,
    pub(super) is_head: bool,
    pub(super) stall: Duration,
    pub(super) body: Arc<BodyEnd>,
    pub(super) activity: Arc<Activity>,
}

/// The client of one request.
pub(super) struct HyperClient {
    pub(super) reply: oneshot::Sender<http::Response<AnswerBody>>,
    pub(super) exchange: Exchange,
    pub(super) busy: Busy,
}

impl Client for HyperClient {
    async fn hint(&mut self, _: ResponseHead) -> Result<(), ClientGone> {
        Ok(())
    }

    async fn answer(self, head: ResponseHead, body: Body) -> Result<(), ClientGone> {
        let Self { reply, exchange, busy } = self;
        let has_body = !exchange.is_head && !matches!(head.status, 204 | 304);
        let body = if has_body { body } else { Body::empty() };
        let (body, taken, progress) = AnswerBody::new(body, head.content_length, busy);
        let response = response(&head, body, &exchange, has_body);
        reply.send(response).map_err(|_| ClientGone)?;
        until_taken(taken, &progress, exchange.stall, &exchange.activity).await
    }

    async fn gone(&mut self) {
        self.reply.closed().await;
    }
}

fn response(head: &ResponseHead, body: AnswerBody, exchange: &Exchange, has_body: bool) -> http::Response<AnswerBody> {
    let mut response = http::Response::new(body);
    *response.status_mut() = http::StatusCode::from_u16(head.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let mut headers = header_map(&head.fields);
    if let Some(length) = head.content_length.filter(|_| !has_body && head.status != 204) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    // hyper would close after a body that nobody read anyway; the client has to know before it sends on.
    let ends = exchange.activity.is_draining() || exchange.body.is_abandoned();
    if exchange.is_http1 && ends {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    *response.headers_mut() = headers;
    response
}

/// Waits until the answer was taken whole. A client that takes nothing for too long loses its connection: over HTTP/2
/// a closed window looks like a connection that is merely quiet.
async fn until_taken(
    mut taken: oneshot::Receiver<()>,
    progress: &Progress,
    stall: Duration,
    activity: &Activity,
) -> Result<(), ClientGone> {
    let mut seen = 0;
    loop {
        tokio::select! {
            biased;
            outcome = &mut taken => return outcome.map_err(|_| ClientGone),
            () = tokio::time::sleep(stall) => {}
        }
        let asked = progress.asked.load(Relaxed);
        if asked == seen && !progress.awaits_source.load(Relaxed) {
            activity.stuck();
            return Err(ClientGone);
        }
        seen = asked;
    }
}
