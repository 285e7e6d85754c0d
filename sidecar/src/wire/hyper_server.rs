//! Serving one connection with hyper: HTTP/1 or HTTP/2 as ALPN chose, with every limit of time in one place.
//!
//! What hyper refuses by itself on HTTP/1 (400, 414, 431: a broken line, a target beyond 64 KiB, more than 128 KiB of
//! head) it answers without a body; [`Service::unreadable`] gives the document that is sent instead. Over HTTP/2 the
//! `h2` crate answers a head beyond 128 KiB with an empty 431 and resets malformed streams.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio::time::{Instant, Sleep};

use super::activity::{Activity, Verdict};
use super::discard::Discards;
use super::framing::last_answer;
use super::guarded_io::{GuardedIo, Instead};
use super::hyper_body::{AnswerBody, BodyEnd, exact_length, request_body};
use super::hyper_client::{Exchange, HyperClient};
use super::hyper_head::request_head;
use super::service::{Draining, Service};

/// Room for a head: twice what a policy may allow (`sizes.headers` 64 KiB, `sizes.url` 32 KiB), so that what is too
/// large by policy is still read and refused with a document.
const HEAD_BYTES: usize = 128 * 1024;
/// Fields that are read beyond the policy's number, for the same reason.
const SPARE_FIELDS: usize = 128;
/// Streams that a client may have open at once (RFC 9113 section 6.5.2 advises 100 at least).
const STREAMS: u32 = 128;
/// Streams that were reset and not yet forgotten, before a client is told to calm down (CVE-2023-44487).
const PENDING_RESETS: usize = 64;
/// What a client may send ahead on one stream and on all: one connection cannot fill more of our memory than this.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1 << 20;
/// What one stream may hold of an answer that its client does not take.
const SEND_BUFFER: usize = 64 * 1024;
/// How often a silent HTTP/2 connection is asked whether its client lives, and how long it may take to answer.
const PING_EVERY: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the last words on a connection may take.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The protocol that a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.0 and HTTP/1.1.
    Http1,
    /// HTTP/2, as ALPN chose.
    Http2,
}

/// Serves a connection to its end.
pub async fn serve<S: Service>(
    io: impl AsyncRead + AsyncWrite + Unpin + 'static,
    protocol: Protocol,
    is_tls: bool,
    service: Rc<S>,
    draining: Draining,
) {
    let activity = Activity::start(protocol == Protocol::Http1);
    let discards = (protocol == Protocol::Http2).then(Discards::default);
    let exchanges = Exchanges { service, activity, protocol, is_tls, discards };
    match protocol {
        Protocol::Http1 => serve_http1(io, exchanges, draining).await,
        Protocol::Http2 => serve_http2(io, exchanges, draining).await,
    }
}

async fn serve_http1<S: Service>(
    io: impl AsyncRead + AsyncWrite + Unpin + 'static,
    exchanges: Exchanges<S>,
    draining: Draining,
) {
    let limits = exchanges.service.limits();
    let service = Rc::clone(&exchanges.service);
    let instead: Instead = Box::new(move |status| raw(service.as_ref(), status));
    let io = GuardedIo::new(io, Arc::clone(&exchanges.activity), Some(instead));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // The verdict of `Activity` tells a slow head from an idle connection; hyper's timer does not.
        .header_read_timeout(None)
        .max_buf_size(HEAD_BYTES)
        .max_headers(limits.header_count + SPARE_FIELDS)
        .serve_connection(TokioIo::new(io), exchanges.clone());
    if drive(Pin::new(&mut connection), &exchanges, draining).await == End::HeadTimeout {
        let mut io = connection.into_parts().io.into_inner();
        let bytes = raw(exchanges.service.as_ref(), 408);
        let last_words = async { io.write_all(&bytes).await.and(io.shutdown().await) };
        // Whoever does not listen does not get them.
        let _ = tokio::time::timeout(LAST_WORDS * 2, last_words).await;
    }
}

async fn serve_http2<S: Service>(
    io: impl AsyncRead + AsyncWrite + Unpin + 'static,
    exchanges: Exchanges<S>,
    draining: Draining,
) {
    let io = GuardedIo::new(io, Arc::clone(&exchanges.activity), None);
    let head_bytes = u32::try_from(HEAD_BYTES).unwrap_or(u32::MAX);
    let connection = http2::Builder::new(LocalExecutor)
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(head_bytes)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .max_pending_accept_reset_streams(PENDING_RESETS)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_TIMEOUT)
        .serve_connection(TokioIo::new(io), exchanges.clone());
    drive(std::pin::pin!(connection), &exchanges, draining).await;
}

fn raw<S: Service>(service: &S, status: u16) -> Vec<u8> {
    let (head, body) = service.unreadable(status);
    last_answer(&head, &body, SystemTime::now())
}

/// Runs what hyper spawns on the worker of its connection.
#[derive(Debug, Clone, Copy)]
struct LocalExecutor;

impl<F: Future<Output: 'static> + 'static> hyper::rt::Executor<F> for LocalExecutor {
    fn execute(&self, future: F) {
        tokio::task::spawn_local(future);
    }
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Done,
    HeadTimeout,
}

/// hyper's connections, which can be told to end.
trait Gentle: Future {
    fn end_gently(self: Pin<&mut Self>);
}

impl<I: hyper::rt::Read + hyper::rt::Write + Unpin, S: Service> Gentle for http1::Connection<I, Exchanges<S>> {
    fn end_gently(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<I, S: Service> Gentle for http2::Connection<I, Exchanges<S>, LocalExecutor>
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin,
{
    fn end_gently(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// Drives a connection to its end. One timer serves all of its limits: it is set when none was or a nearer one is
/// due, and otherwise looks again when it fires.
async fn drive<C: Gentle, S: Service>(
    mut connection: Pin<&mut C>,
    exchanges: &Exchanges<S>,
    mut draining: Draining,
) -> End {
    let activity = &exchanges.activity;
    let mut timer: Pin<Box<Sleep>> = Box::pin(tokio::time::sleep(exchanges.service.limits().head));
    let mut drain_began = Box::pin(async move { draining.wait_for(Option::is_some).await.is_ok() });
    std::future::poll_fn(|context| {
        activity.watch(context.waker());
        if !activity.is_draining() && drain_began.as_mut().poll(context).is_ready() {
            activity.drains();
        }
        loop {
            if connection.as_mut().poll(context).is_ready() {
                return Poll::Ready(End::Done);
            }
            if exchanges.says_goodbye() {
                activity.ending();
                connection.as_mut().end_gently();
                continue;
            }
            match activity.verdict(Instant::now(), &exchanges.service.limits()) {
                Verdict::Cut => return Poll::Ready(End::Done),
                Verdict::HeadTimeout => return Poll::Ready(End::HeadTimeout),
                Verdict::End => {
                    activity.ending();
                    connection.as_mut().end_gently();
                }
                Verdict::Until(at) => {
                    if at < timer.deadline() || timer.is_elapsed() {
                        timer.as_mut().reset(at);
                    }
                    if timer.as_mut().poll(context).is_pending() {
                        return Poll::Pending;
                    }
                }
            }
        }
    })
    .await
}

/// What turns hyper's requests into ours.
struct Exchanges<S> {
    service: Rc<S>,
    activity: Arc<Activity>,
    protocol: Protocol,
    is_tls: bool,
    /// Where bodies go that nobody reads; over HTTP/1 the connection ends with them.
    discards: Option<Discards>,
}

impl<S> Clone for Exchanges<S> {
    fn clone(&self) -> Self {
        let Self { service, activity, protocol, is_tls, discards } = self;
        let (service, activity) = (Rc::clone(service), Arc::clone(activity));
        Self { service, activity, protocol: *protocol, is_tls: *is_tls, discards: discards.clone() }
    }
}

impl<S: Service> Exchanges<S> {
    /// HTTP/2 says goodbye as soon as a drain begins: its two GOAWAYs lose no request. HTTP/1 says it with an answer.
    fn says_goodbye(&self) -> bool {
        self.protocol == Protocol::Http2
            && self.activity.is_draining()
            && self.activity.has_begun()
            && !self.activity.is_ending()
    }

    fn exchange(&self, is_head: bool, body: &Arc<BodyEnd>) -> Exchange {
        Exchange {
            is_http1: self.protocol == Protocol::Http1,
            is_head,
            stall: self.service.limits().stall,
            body: Arc::clone(body),
            activity: Arc::clone(&self.activity),
        }
    }
}

impl<S: Service> hyper::service::Service<http::Request<Incoming>> for Exchanges<S> {
    type Response = http::Response<AnswerBody>;
    type Error = oneshot::error::RecvError;
    type Future = oneshot::Receiver<http::Response<AnswerBody>>;

    /// The request runs as a task of its own: its log line is written whatever becomes of the connection.
    fn call(&self, request: http::Request<Incoming>) -> Self::Future {
        let busy = self.activity.begin();
        let (parts, incoming) = request.into_parts();
        let end = Arc::new(BodyEnd::default());
        let (reply, answered) = oneshot::channel();
        let exchange = self.exchange(parts.method == http::Method::HEAD, &end);
        let client = HyperClient { reply, exchange, busy };
        let service = Rc::clone(&self.service);
        let length = exact_length(&incoming);
        let body = request_body(incoming, Arc::clone(&end), self.discards.clone());
        match request_head(parts, self.is_tls, length) {
            Ok(head) => drop(tokio::task::spawn_local(async move { service.request(head, body, client).await })),
            Err(error) => {
                drop(body);
                end.abandon();
                drop(tokio::task::spawn_local(async move { service.refuse(error, client).await }));
            }
        }
        answered
    }
}
