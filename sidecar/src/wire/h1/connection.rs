//! One HTTP/1 connection from its first byte to its last: idle, head, exchange, and so on, then the end.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use tokio::time::Instant;

use super::answer::Asked;
use super::body::RequestBody;
use super::client::Http1Client;
use super::linger::linger;
use super::link::{Incoming, Link, Shared};
use crate::wire::body::BodyStream;
use crate::wire::bounds::{DRAIN_IDLE, REQUEST_HEAD};
use crate::wire::codec::{Framing, HeadError, HeadLimits, ParsedRequest, parse_request};
use crate::wire::io::{Taken, Transport};
use crate::wire::kept::Kept;
use crate::wire::service::{Draining, Service};

/// Fields that are read beyond the policy's number, for the same reason.
const SPARE_FIELDS: usize = 128;

/// Serves a connection to its end.
pub(in crate::wire) async fn serve_http1<T: Transport, S: Service>(
    io: T,
    is_tls: bool,
    service: Rc<S>,
    draining: Draining,
) {
    let link: Shared<T> = Rc::new(RefCell::new(Link::new(io, service.limits(), draining.clone())));
    let mut waits = Waits::new(draining);
    loop {
        let next = poll_fn(|context| match link.try_borrow_mut() {
            Ok(mut link) => waits.poll_next(&mut link, is_tls, context),
            Err(_) => Poll::Ready(Next::Over),
        });
        match next.await {
            Next::Request(request) => exchange(&link, request, &service).await,
            Next::Refused(error) => {
                let asked = Asked {
                    is_head: link.try_borrow().is_ok_and(|link| begins_with_head(link.inlet.bytes())),
                    ..Asked::UNREADABLE
                };
                let client = Http1Client { link: Rc::clone(&link), asked };
                Box::pin(service.refuse(error, client)).await;
            }
            Next::Over => return,
        }
        match link.try_borrow_mut() {
            Ok(link) if link.failed => return,
            Ok(link) if link.ends || !link.body.is_whole() => break,
            Ok(mut link) => waits.begin(&mut link),
            Err(_) => return,
        }
    }
    linger(&link).await;
}

/// Whether what could not be read was meant as HEAD: then its answer has no body either (RFC 9110 section 9.3.2).
fn begins_with_head(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"HEAD ")
}

async fn exchange<T: Transport, S: Service>(link: &Shared<T>, request: ParsedRequest, service: &Rc<S>) {
    let ParsedRequest { head, framing, keep_alive, expects_continue, length: _ } = request;
    let asked = Asked { is_head: head.method == b"HEAD"[..], version: head.version, keep_alive };
    if let Ok(mut link) = link.try_borrow_mut() {
        link.limits = service.limits();
        link.body = Incoming::new(framing, expects_continue);
        link.is_answered = false;
    }
    let body = match framing {
        Framing::None | Framing::Length(0) => None,
        _ => Some(Box::pin(RequestBody(Rc::clone(link))) as BodyStream),
    };
    let client = Http1Client { link: Rc::clone(link), asked };
    // In a place of its own: an idle connection would otherwise keep room for it.
    Kept::new(Rc::clone(service).request(head, body, client)).await;
    if let Ok(mut link) = link.try_borrow_mut() {
        // Without an answer there is nothing that a client could take for one.
        link.failed |= !link.is_answered;
    }
}

/// What comes next on a connection.
enum Next {
    Request(ParsedRequest),
    Refused(HeadError),
    Over,
}

/// For how long a connection waits, and since when.
struct Waits {
    drain_began: Pin<Box<dyn Future<Output = ()>>>,
    /// When the connection was opened.
    opened: Instant,
    /// Since when there is no request.
    idle_since: Instant,
    /// Since when a head is coming.
    head_since: Option<Instant>,
    drains_since: Option<Instant>,
    has_served: bool,
}

impl Waits {
    fn new(mut draining: Draining) -> Self {
        let drain_began = Box::pin(async move {
            // The sender lives as long as the sidecar.
            let _ = draining.wait_for(Option::is_some).await;
        });
        let now = Instant::now();
        Self { drain_began, opened: now, idle_since: now, head_since: None, drains_since: None, has_served: false }
    }

    /// An exchange is over.
    fn begin<T: Transport>(&mut self, link: &mut Link<T>) {
        self.idle_since = Instant::now();
        self.has_served = true;
        link.is_aged = self.idle_since.duration_since(self.opened) >= link.limits.age;
    }

    fn poll_next<T: Transport>(&mut self, link: &mut Link<T>, is_tls: bool, context: &mut Context<'_>) -> Poll<Next> {
        let limits = HeadLimits { bytes: REQUEST_HEAD as usize, fields: link.limits.header_count + SPARE_FIELDS };
        let Link { inlet, io, .. } = link;
        let parse = |bytes: &[u8]| {
            let parsed = parse_request(bytes, &limits, is_tls)?;
            Ok(parsed.map(|request| {
                let length = request.length;
                (request, length)
            }))
        };
        let next = match inlet.poll_head(io, context, parse) {
            Poll::Ready(Ok(Taken::Whole(request))) => Next::Request(request),
            Poll::Ready(Ok(Taken::Broken(error))) => Next::Refused(error),
            Poll::Ready(Ok(Taken::Ended { partly: _ }) | Err(_)) => Next::Over,
            Poll::Pending => {
                let is_partly = !link.inlet.bytes().is_empty();
                ready!(self.poll_too_late(link, is_partly, context));
                if is_partly { Next::Refused(HeadError::Late) } else { Next::Over }
            }
        };
        self.head_since = None;
        Poll::Ready(next)
    }

    /// Ready when nothing more is waited for.
    fn poll_too_late<T: Transport>(
        &mut self,
        link: &mut Link<T>,
        is_partly: bool,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        if self.drains_since.is_none() && self.drain_began.as_mut().poll(context).is_ready() {
            self.drains_since = Some(Instant::now());
        }
        let allowed = match (is_partly, self.has_served) {
            (true, _) => {
                let since = *self.head_since.get_or_insert_with(Instant::now);
                // A connection that never was asked anything has its time since it was opened.
                (if self.has_served { since } else { self.opened }) + link.limits.head
            }
            (false, false) => self.opened + link.limits.head,
            (false, true) => self.idle_since + link.limits.idle,
        };
        let deadline = match self.drains_since.filter(|_| !is_partly) {
            Some(since) => allowed.min(since.max(self.idle_since) + DRAIN_IDLE),
            None => allowed,
        };
        link.alarm.poll(deadline, context)
    }
}
