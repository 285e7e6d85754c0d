//! Serving one HTTP/2 connection: its frames are the `h2` crate's, its time and patience are ours.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use h2::server::{Builder, Connection, SendResponse};
use h2::{Ping, PingPong, Reason, RecvStream};
use http::header::EXPECT;
use http::{Method, Request};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Sleep};

use super::client::H2Client;
use super::head::request_head;
use super::io::ClientIo;
use super::life::{Life, Verdict};
use super::request_body::{Wanted, request_body};
use crate::wire::bounds::REQUEST_HEAD;
use crate::wire::io::Alarm;
use crate::wire::kept::Kept;
use crate::wire::service::{Draining, Service};

/// Streams that a client may have open at once (RFC 9113 section 6.5.2 advises 100 at least).
const STREAMS: u32 = 128;
/// Streams that were reset before they were looked at (CVE-2023-44487).
const PENDING_RESETS: usize = 64;
/// Streams that the client made us reset, or opened beyond the limit, in the whole of a connection (CVE-2025-8671).
const PROVOKED_RESETS: usize = 256;
/// What a client may send ahead on one stream and on all: one connection cannot fill more of our memory than this.
const STREAM_WINDOW: u32 = 256 * 1024;
const CONNECTION_WINDOW: u32 = 1 << 20;
/// What one stream may hold of an answer that its client does not take.
const SEND_BUFFER: usize = 64 * 1024;

/// Serves a connection to its end.
pub(in crate::wire) async fn serve_http2<S: Service>(
    io: impl AsyncRead + AsyncWrite + Unpin + 'static,
    is_tls: bool,
    service: Rc<S>,
    mut draining: Draining,
) {
    let life = Life::start();
    let timer = Box::pin(tokio::time::sleep(service.limits().head));
    let drain_began = Box::pin(async move { draining.wait_for(Option::is_some).await.is_ok() });
    let mut watch = Watch { life: Rc::clone(&life), timer, drain_began };
    let io = ClientIo::new(io, Rc::clone(&life));
    let Some(connection) = open(io.clone(), &*service, &mut watch).await else { return };
    let mut served = Served { connection, io, pings: None, is_tls, service, life };
    std::future::poll_fn(|context| served.poll(&mut watch, context)).await;
}

/// Waits for the client's preface. A client that does not even begin is not told anything.
async fn open<T: AsyncRead + AsyncWrite + Unpin, D: Future<Output = bool>>(
    io: ClientIo<T>,
    service: &impl Service,
    watch: &mut Watch<D>,
) -> Option<Connection<ClientIo<T>, Bytes>> {
    let mut handshake = std::pin::pin!(builder().handshake(io.clone()));
    let opened = std::future::poll_fn(|context| {
        let opened = handshake.as_mut().poll(context);
        if let Poll::Ready(Err(_)) = io.poll_out(context) {
            return Poll::Ready(None);
        }
        match opened {
            Poll::Ready(opened) => Poll::Ready(opened.ok()),
            Poll::Pending => watch.poll(service, context).map(|_| None),
        }
    });
    opened.await
}

fn builder() -> Builder {
    let mut builder = Builder::new();
    builder
        .max_concurrent_streams(STREAMS)
        // Beyond, the crate answers with an empty 431.
        .max_header_list_size(REQUEST_HEAD)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buffer_size(SEND_BUFFER)
        .max_pending_accept_reset_streams(PENDING_RESETS)
        .max_local_error_reset_streams(Some(PROVOKED_RESETS))
        .enable_connect_protocol();
    builder
}

/// One timer for all limits of a connection: it is set when none was or a nearer one is due, and otherwise looks again
/// when it fires.
struct Watch<D> {
    life: Rc<Life>,
    timer: Pin<Box<Sleep>>,
    drain_began: Pin<Box<D>>,
}

impl<D: Future<Output = bool>> Watch<D> {
    /// What is to be done now; pending while that is nothing.
    fn poll(&mut self, service: &impl Service, context: &mut Context<'_>) -> Poll<Verdict> {
        let life = &self.life;
        life.watch(context.waker());
        if !life.is_draining() && self.drain_began.as_mut().poll(context).is_ready() {
            life.drains();
        }
        loop {
            let leftovers = life.discards.poll(context);
            if life.says_goodbye() {
                return Poll::Ready(Verdict::End);
            }
            let at = match life.verdict(Instant::now(), &service.limits()) {
                Verdict::Until(at) => leftovers.map_or(at, |leftovers| leftovers.min(at)),
                verdict => return Poll::Ready(verdict),
            };
            if at < self.timer.deadline() || self.timer.is_elapsed() {
                self.timer.as_mut().reset(at);
            }
            ready!(self.timer.as_mut().poll(context));
        }
    }
}

/// A connection whose preface came.
struct Served<T, S> {
    connection: Connection<ClientIo<T>, Bytes>,
    io: ClientIo<T>,
    pings: Option<PingPong>,
    is_tls: bool,
    service: Rc<S>,
    life: Rc<Life>,
}

impl<T: AsyncRead + AsyncWrite + Unpin, S: Service> Served<T, S> {
    /// Ready when the connection is over.
    fn poll<D: Future<Output = bool>>(&mut self, watch: &mut Watch<D>, context: &mut Context<'_>) -> Poll<()> {
        loop {
            while let Poll::Ready(next) = self.connection.poll_accept(context) {
                match next {
                    Some(Ok((request, respond))) => self.begin(request, respond),
                    // What went wrong was told to the client where that was possible.
                    Some(Err(_)) | None => return Poll::Ready(()),
                }
            }
            if let Poll::Ready(Err(_)) = self.io.poll_out(context) {
                return Poll::Ready(());
            }
            match ready!(watch.poll(&*self.service, context)) {
                Verdict::Cut => return Poll::Ready(()),
                Verdict::Condemn => {
                    self.life.condemned();
                    self.connection.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM);
                }
                Verdict::End => {
                    self.life.ending();
                    self.connection.graceful_shutdown();
                }
                Verdict::Ping => self.ping(context),
                Verdict::Until(_) => {}
            }
        }
    }

    fn ping(&mut self, context: &mut Context<'_>) {
        if self.pings.is_none() {
            self.pings = self.connection.ping_pong();
        }
        if let Some(pings) = &mut self.pings {
            // An answer to the one before makes room for the next. That bytes come at all is noticed elsewhere.
            let _ = pings.poll_pong(context);
            let _ = pings.send_ping(Ping::opaque());
        }
        self.life.asked();
    }

    /// The request runs as a task of its own: its log line is written whatever becomes of the connection.
    fn begin(&self, request: Request<RecvStream>, mut respond: SendResponse<Bytes>) {
        let flight = self.life.begin();
        let mut unheard = Context::from_waker(std::task::Waker::noop());
        if respond.poll_reset(&mut unheard).is_ready() {
            // Given up in the very breath that asked: counted, and no work is done for it.
            return;
        }
        let service = Rc::clone(&self.service);
        let (parts, stream) = request.into_parts();
        let is_head = parts.method == Method::HEAD;
        let head = request_head(&parts, self.is_tls, !stream.is_end_stream());
        let wanted = parts.headers.contains_key(EXPECT).then(Wanted::default);
        drop(parts);
        match head {
            Ok(head) => {
                let is_tunnel = head.upgrade.is_some();
                let (body, tunnel) = match is_tunnel {
                    true => (None, Some(stream)),
                    false => (request_body(stream, &self.life, wanted.as_ref()), None),
                };
                let client = H2Client { respond, flight, is_head, tunnel, alarm: Alarm::default(), wanted };
                // In a place of its own: a task's own future is moved several times, and this one is large.
                drop(tokio::task::spawn_local(Kept::new(service.request(head, body, client))));
            }
            Err(error) => {
                self.life.discard(stream);
                let alarm = Alarm::default();
                let client = H2Client { respond, flight, is_head, tunnel: None, alarm, wanted: None };
                drop(tokio::task::spawn_local(async move { service.refuse(error, client).await }));
            }
        }
    }
}
