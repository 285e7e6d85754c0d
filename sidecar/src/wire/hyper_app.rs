//! The app behind hyper's HTTP/1 client: pooled connections, one careful retry, answers streamed as they come.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use http::header::{CONTENT_LENGTH, HOST, HeaderValue};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::app_pool::{AppConnection, AppPool, Task};
use super::body::{Body, BodyError, BodyStream, Capped, Frame};
use super::framing::header_map;
use super::head::{RequestHead, ResponseHead};
use super::hyper_app_io::{AppIo, AppRequestBody, Sent};
use super::hyper_body::{answer_frame, body_error, exact_length};
use super::hyper_head::response_head;
use super::traits::{App, AppError, Exchange, Said};

/// Methods that may be sent twice (RFC 9110 section 9.2.2).
const IDEMPOTENT: [&[u8]; 5] = [b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE"];
/// Methods for which `Content-Length: 0` means nothing and puzzles some servers.
const BODILESS: [&[u8]; 4] = [b"GET", b"HEAD", b"OPTIONS", b"DELETE"];
/// An app's head beyond this is no answer.
const HEAD_BYTES: usize = 256 * 1024;
/// Header fields of an app's answer.
const HEAD_FIELDS: usize = 512;

/// The app, reached through one worker's connections.
#[derive(Clone)]
pub struct HyperApp {
    /// The worker's connections.
    pub pool: Arc<AppPool>,
    /// Where the app listens.
    pub address: SocketAddr,
    /// How long opening a connection may take.
    pub connect_timeout: Duration,
}

impl App for HyperApp {
    fn send(&self, head: RequestHead, body: Capped) -> impl Exchange {
        HyperExchange { app: self.clone(), request: Some((head, body)) }
    }
}

struct HyperExchange {
    app: HyperApp,
    request: Option<(RequestHead, Capped)>,
}

impl Exchange for HyperExchange {
    async fn next(&mut self) -> Result<Said, AppError> {
        let Some((head, body)) = self.request.take() else { return Err(AppError::Broken("no request".to_owned())) };
        self.app.ask(head, body).await.map(|(head, body)| Said::Answer(head, body))
    }
}

impl HyperApp {
    async fn ask(&self, head: RequestHead, body: Capped) -> Result<(ResponseHead, Body), AppError> {
        let sent = Arc::new(Sent::default());
        let mut request = Some(self.request(&head, AppRequestBody::new(body, head.content_length, Arc::clone(&sent)))?);
        if let Some(mut connection) = self.pool.take(self.address) {
            let Some(first) = request.take() else { return Err(AppError::Broken("no request".to_owned())) };
            match connection.sender.try_send_request(first).await {
                Ok(response) => return self.answer(connection, &head, response, &sent),
                // Not a byte of it was sent.
                Err(mut error) if error.message().is_some() => request = error.take_message(),
                Err(error) if sent.is_repeatable(&head) && !connection.heard.load(Relaxed) => {
                    tracing::debug!(error = %error.error(), "an idle connection to the app had ended: sent once more");
                    request = Some(self.request(&head, AppRequestBody::empty(Arc::clone(&sent)))?);
                }
                Err(error) => return Err(app_error(error.error(), &sent)),
            }
        }
        let Some(request) = request else { return Err(AppError::Broken("no request".to_owned())) };
        let mut connection = self.connect().await?;
        match connection.sender.try_send_request(request).await {
            Ok(response) => self.answer(connection, &head, response, &sent),
            Err(error) => Err(app_error(error.error(), &sent)),
        }
    }
}

impl Sent {
    /// Whether a request may be sent again: idempotent, and without a body that is gone by now.
    fn is_repeatable(&self, head: &RequestHead) -> bool {
        head.content_length == Some(0) && IDEMPOTENT.contains(&head.method.as_ref()) && self.failure().is_none()
    }
}

impl HyperApp {
    fn request(&self, head: &RequestHead, body: AppRequestBody) -> Result<http::Request<AppRequestBody>, AppError> {
        let unsendable = |what: &str| AppError::Broken(format!("the request's {what} cannot be sent"));
        let mut request = http::Request::new(body);
        *request.method_mut() = http::Method::from_bytes(&head.method).map_err(|_| unsendable("method"))?;
        *request.uri_mut() = head.target.raw().parse().map_err(|_| unsendable("target"))?;
        let mut headers = header_map(&head.fields);
        let host = if head.authority.is_empty() { self.address.to_string() } else { head.authority.clone() };
        headers.insert(HOST, HeaderValue::from_maybe_shared(Bytes::from(host)).map_err(|_| unsendable("host"))?);
        match head.content_length {
            Some(0) if BODILESS.contains(&head.method.as_ref()) => {}
            Some(length) => drop(headers.insert(CONTENT_LENGTH, HeaderValue::from(length))),
            None => {}
        }
        *request.headers_mut() = headers;
        Ok(request)
    }

    async fn connect(&self) -> Result<AppConnection, AppError> {
        let failed = |error: std::io::Error| AppError::Connect(format!("{}: {error}", self.address));
        let stream = tokio::time::timeout(self.connect_timeout, TcpStream::connect(self.address))
            .await
            .map_err(|_| failed(std::io::ErrorKind::TimedOut.into()))?
            .map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let (stream, socket) = two_handles(stream).map_err(failed)?;
        let heard = Arc::new(AtomicBool::new(false));
        let io = AppIo { stream, heard: Arc::clone(&heard) };
        let (sender, connection) = http1::Builder::new()
            .max_buf_size(HEAD_BYTES)
            .max_headers(HEAD_FIELDS)
            .handshake(TokioIo::new(io))
            .await
            .map_err(|error| AppError::Connect(error.to_string()))?;
        let task = Task(tokio::task::spawn_local(async move {
            // What goes wrong here is told to whoever waits for the answer.
            let _ = connection.await;
        }));
        Ok(AppConnection { sender, address: self.address, heard, socket, task })
    }

    fn answer(
        &self,
        connection: AppConnection,
        head: &RequestHead,
        response: http::Response<Incoming>,
        sent: &Arc<Sent>,
    ) -> Result<(ResponseHead, Body), AppError> {
        let (parts, incoming) = response.into_parts();
        let head = response_head(parts, exact_length(&incoming), head.method == b"HEAD"[..])?;
        let (pool, sent) = (Arc::clone(&self.pool), Arc::clone(sent));
        let mut body = AppBody { incoming, lease: Some(Lease { connection, pool, sent }) };
        if body.incoming.is_end_stream() {
            body.give_back();
            return Ok((head, Body::empty()));
        }
        let body: BodyStream = Box::pin(body);
        Ok((head, Body::Stream(body)))
    }
}

fn two_handles(stream: TcpStream) -> std::io::Result<(TcpStream, std::net::TcpStream)> {
    let stream = stream.into_std()?;
    let socket = stream.try_clone()?;
    Ok((TcpStream::from_std(stream)?, socket))
}

fn app_error(error: &hyper::Error, sent: &Sent) -> AppError {
    sent.failure().map_or_else(|| AppError::Broken(error.to_string()), AppError::Request)
}

/// A connection that goes back to its pool once both bodies of its exchange are over; dropped before, it closes.
struct Lease {
    connection: AppConnection,
    pool: Arc<AppPool>,
    sent: Arc<Sent>,
}

/// The app's answer as it comes.
struct AppBody {
    incoming: Incoming,
    lease: Option<Lease>,
}

impl AppBody {
    fn give_back(&mut self) {
        if let Some(Lease { connection, pool, sent }) = self.lease.take()
            && sent.is_whole()
        {
            pool.put(connection);
        }
    }
}

impl Stream for AppBody {
    type Item = Result<Frame, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let next = ready!(Pin::new(&mut self.incoming).poll_frame(context));
            match next {
                None => {
                    self.give_back();
                    return Poll::Ready(None);
                }
                Some(Err(error)) => {
                    let failure = self.lease.take().and_then(|lease| lease.sent.failure());
                    return Poll::Ready(Some(Err(failure.unwrap_or_else(|| body_error(&error)))));
                }
                Some(Ok(frame)) => {
                    if self.incoming.is_end_stream() {
                        self.give_back();
                    }
                    if let Some(frame) = answer_frame(frame) {
                        return Poll::Ready(Some(Ok(frame)));
                    }
                }
            }
        }
    }
}
