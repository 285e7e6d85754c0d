//! The client of one HTTP/2 stream.

use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use http::header::{CONTENT_LENGTH, DATE, HeaderValue};
use http::{Response, StatusCode};
use tokio::time::Instant;

use super::answer::Outgoing;
use super::fields::header_map;
use super::life::Flight;
use super::request_body::Wanted;
use super::tunnel::join;
use crate::wire::body::Body;
use crate::wire::head::ResponseHead;
use crate::wire::io::{Alarm, with_http_date};
use crate::wire::traits::{Absence, Client, ClientGone};

/// The client of one stream.
pub(super) struct H2Client {
    pub(super) respond: SendResponse<Bytes>,
    pub(super) flight: Flight,
    /// Answers to HEAD have no body.
    pub(super) is_head: bool,
    /// What the client sends into the tunnel that it asked for.
    pub(super) tunnel: Option<RecvStream>,
    /// Rings when the time of its request is over.
    pub(super) alarm: Alarm,
    /// There while the client waits to be asked for its body.
    pub(super) wanted: Option<Wanted>,
}

impl Client for H2Client {
    async fn hint(&mut self, head: ResponseHead) -> Result<(), ClientGone> {
        let mut hint = Response::new(());
        *hint.status_mut() = StatusCode::from_u16(head.status).map_err(|_| ClientGone)?;
        *hint.headers_mut() = header_map(head.fields, 0);
        self.flight.life().allowance.sent();
        self.respond.send_informational(hint).map_err(|_| ClientGone)
    }

    async fn answer(mut self, head: ResponseHead, body: Body) -> Result<(), ClientGone> {
        let opens = matches!(body, Body::Tunnel(_)) || !(200..300).contains(&head.status);
        if self.tunnel.is_some() && !opens {
            // Its client would take any success for an open tunnel.
            self.respond.send_reset(Reason::INTERNAL_ERROR);
            return Err(ClientGone);
        }
        let life = Rc::clone(self.flight.life());
        let has_body = !self.is_head && !matches!(head.status, 204 | 304);
        let length = if has_body { length_of(&body, &head) } else { head.content_length };
        let is_over = !has_body || (length == Some(0) && !matches!(body, Body::Stream(_) | Body::Tunnel(_)));
        let response = response(head, length, matches!(body, Body::Tunnel(_)));
        let stream = self.respond.send_response(response, is_over).map_err(|_| ClientGone)?;
        if !is_over {
            let mut outgoing = Outgoing::new(stream, Rc::clone(&life));
            match body {
                Body::Whole(bytes) => outgoing.send(bytes, true).await?,
                Body::Stream(source) => outgoing.stream(source, length).await?,
                Body::Tunnel(io) => match self.tunnel.take() {
                    // Boxed: the state of every other answer should not carry room for this.
                    Some(incoming) => Box::pin(join(io, incoming, outgoing)).await?,
                    None => return Err(outgoing.reset(Reason::INTERNAL_ERROR)),
                },
            }
        }
        self.flight.answered();
        Ok(())
    }

    fn poll_absence(&mut self, deadline: Option<Instant>, context: &mut Context<'_>) -> Poll<Absence> {
        // However it ended, nobody waits any more.
        if self.respond.poll_reset(context).is_ready() {
            return Poll::Ready(Absence::Gone);
        }
        if self.wanted.take_if(|wanted| wanted.get()).is_some() {
            let mut go_on = Response::new(());
            *go_on.status_mut() = StatusCode::CONTINUE;
            // A client that went away is noticed above.
            let _ = self.respond.send_informational(go_on);
        }
        let Some(deadline) = deadline else { return Poll::Pending };
        self.alarm.poll(deadline, context).map(|()| Absence::TimeOver)
    }
}

impl Drop for H2Client {
    fn drop(&mut self) {
        if let Some(incoming) = self.tunnel.take() {
            self.flight.life().discard(incoming);
        }
    }
}

fn length_of(body: &Body, head: &ResponseHead) -> Option<u64> {
    match body {
        Body::Whole(bytes) => Some(bytes.len() as u64),
        Body::Stream(_) => head.content_length,
        Body::Tunnel(_) => None,
    }
}

/// A tunnel begins with 200 (RFC 8441 section 5.1), whatever its other side began with.
fn response(head: ResponseHead, length: Option<u64>, is_tunnel: bool) -> Response<()> {
    let ResponseHead { status, mut fields, content_length: _ } = head;
    let status = if is_tunnel { 200 } else { status };
    if is_tunnel {
        fields.remove("sec-websocket-accept");
    }
    // What gRPC says in fields only has trailers, and no content that could have a length.
    let has_length = status != 204 && !is_tunnel && !fields.has("grpc-status");
    let mut headers = header_map(fields, 2);
    if let Some(length) = length.filter(|_| has_length) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    if !headers.contains_key(DATE)
        && let Ok(date) = with_http_date(HeaderValue::from_bytes)
    {
        headers.insert(DATE, date);
    }
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = headers;
    response
}
