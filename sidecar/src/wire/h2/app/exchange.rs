//! One request to an app that speaks HTTP/2, and what it says to it.

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use h2::client::ResponseFuture;
use h2::{Reason, RecvStream, SendStream};

use super::answer::AnswerBody;
use super::connection::Lease;
use super::heads;
use super::pool::H2Pool;
use super::tunnel::AppTunnel;
use super::upload::Upload;
use crate::wire::body::{Body, BodyError, Capped};
use crate::wire::bounds::HINTS;
use crate::wire::head::RequestHead;
use crate::wire::late_upload::LateUpload;
use crate::wire::traits::{App, AppError, Exchange, Said};
use crate::wire::websocket;

/// How often one request may be sent: apps say when they have not looked at one.
const ATTEMPTS: usize = 2;

/// The app, reached through one worker's connections.
#[derive(Clone)]
pub struct H2App {
    /// The worker's connections.
    pub pool: Rc<H2Pool>,
    /// Where the app listens.
    pub address: SocketAddr,
    /// How long opening a connection may take.
    pub connect_timeout: Duration,
}

impl App for H2App {
    fn send(&self, head: RequestHead, body: Capped) -> impl Exchange {
        let exchange = H2Exchange { app: self.clone(), head, body: Some(body), asked: None, attempts: 0, hints: 0 };
        H2Exchanging::Waits(Some(Box::new(exchange)))
    }
}

struct H2Exchange {
    app: H2App,
    head: RequestHead,
    /// There until it is being sent.
    body: Option<Capped>,
    asked: Option<Asked>,
    attempts: usize,
    hints: usize,
}

/// A request that was sent.
struct Asked {
    answer: ResponseFuture,
    /// What is left to send.
    upload: Option<Upload>,
    /// Where the tunnel leads that was asked for.
    tunnel: Option<SendStream<Bytes>>,
    lease: Lease,
}

/// What came.
enum Heard {
    Hint(http::Response<()>),
    Answer(http::Response<RecvStream>),
}

/// Why nothing came.
enum Failure {
    /// The client does not send its request whole.
    Request(BodyError),
    Stream(h2::Error),
}

/// An exchange, and the step of it that is under way.
enum H2Exchanging {
    Waits(Option<Box<H2Exchange>>),
    Runs(Step),
}

type Step = Pin<Box<dyn Future<Output = (Box<H2Exchange>, Result<Said, AppError>)>>>;

impl Exchange for H2Exchanging {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Said, AppError>> {
        loop {
            match self {
                Self::Waits(exchange) => {
                    let mut exchange = exchange.take().ok_or_else(AppError::over)?;
                    *self = Self::Runs(Box::pin(async move {
                        let said = exchange.next().await;
                        (exchange, said)
                    }));
                }
                Self::Runs(step) => {
                    let (exchange, said) = ready!(step.as_mut().poll(context));
                    *self = Self::Waits(Some(exchange));
                    return Poll::Ready(said);
                }
            }
        }
    }
}

impl H2Exchange {
    async fn next(&mut self) -> Result<Said, AppError> {
        loop {
            let mut asked = match self.asked.take() {
                Some(asked) => asked,
                None => self.ask().await?,
            };
            match poll_fn(|context| asked.poll(context)).await {
                Ok(Heard::Answer(response)) => return self.answer(asked, response),
                Ok(Heard::Hint(hint)) => {
                    self.asked = Some(asked);
                    self.hints += 1;
                    if self.hints > HINTS {
                        return Err(AppError::Broken(format!("more than {HINTS} interim answers")));
                    }
                    // Nobody asked the app to ask for the body.
                    if hint.status().as_u16() != 100 {
                        return Ok(Said::Hint(heads::hint(&hint)));
                    }
                }
                Err(Failure::Request(error)) => return Err(AppError::Request(error)),
                Err(Failure::Stream(error)) => self.give_up_or_repeat(asked, &error)?,
            }
        }
    }

    /// Sends the head, and a body behind it where there is one.
    async fn ask(&mut self) -> Result<Asked, AppError> {
        let H2App { pool, address, connect_timeout } = &self.app;
        loop {
            self.attempts += 1;
            let lease = pool.take(*address, *connect_timeout).await?;
            let is_tunnel = self.head.upgrade.is_some();
            if is_tunnel && !lease.connection.takes_websockets(*connect_timeout).await {
                let why =
                    "it takes no WebSockets over HTTP/2: its SETTINGS_ENABLE_CONNECT_PROTOCOL is not 1 (RFC 8441)";
                return Err(AppError::Broken(why.to_owned()));
            }
            let request = heads::request(&self.head, &address.to_string())?;
            let body = self.body.take().filter(|body| !body.is_over() && self.head.content_length != Some(0));
            let is_over = body.is_none() && !is_tunnel;
            let sent = match lease.connection.ready().await {
                Ok(mut sender) => sender.send_request(request, is_over),
                Err(error) => Err(error),
            };
            match sent {
                Ok((answer, stream)) if is_tunnel => {
                    return Ok(Asked { answer, upload: None, tunnel: Some(stream), lease });
                }
                Ok((answer, stream)) => {
                    let upload = body.map(|body| Upload::new(body, stream, self.head.content_length));
                    return Ok(Asked { answer, upload, tunnel: None, lease });
                }
                Err(error) => {
                    lease.connection.retire();
                    self.body = body;
                    if self.attempts >= ATTEMPTS {
                        return Err(AppError::Broken(error.to_string()));
                    }
                }
            }
        }
    }

    /// Whether a request that failed is sent once more; then its body is whole again.
    fn give_up_or_repeat(&mut self, asked: Asked, error: &h2::Error) -> Result<(), AppError> {
        let Asked { upload, tunnel, lease, answer: _ } = asked;
        let is_unseen = was_not_looked_at(error);
        if error.is_io() || error.is_go_away() || is_unseen {
            // The next one may find more room.
            lease.connection.retire();
        }
        let had_body = upload.is_some();
        let is_whole = upload.as_ref().is_none_or(|upload| !upload.is_consumed);
        let is_harmless = !had_body && tunnel.is_none() && self.head.is_idempotent();
        let may_repeat = is_unseen || (error.is_io() && lease.was_used && is_harmless);
        if self.attempts >= ATTEMPTS || !is_whole || !may_repeat || self.hints > 0 {
            return Err(AppError::Broken(error.to_string()));
        }
        tracing::debug!(%error, "the app did not look at a request: sent once more");
        self.body = upload.map(Upload::into_body);
        Ok(())
    }

    fn answer(&self, asked: Asked, response: http::Response<RecvStream>) -> Result<Said, AppError> {
        let Asked { upload, tunnel, lease, answer: _ } = asked;
        let (parts, stream) = response.into_parts();
        let is_over = stream.is_end_stream();
        let mut head = heads::response(&parts, is_over, self.head.method == b"HEAD"[..])?;
        if let Some(to_app) = tunnel.filter(|_| parts.status.is_success()) {
            head.status = 101;
            head.content_length = None;
            if let Some(key) = self.head.fields.get("sec-websocket-key") {
                head.fields.set("sec-websocket-accept", websocket::accept(key));
            }
            return Ok(Said::Answer(head, Body::Tunnel(Box::new(AppTunnel::new(stream, to_app, lease)))));
        }
        if is_over {
            return Ok(Said::Answer(head, Body::empty()));
        }
        let body = AnswerBody::new(
            stream,
            upload.map(|mut upload| LateUpload::begin(async move { poll_fn(|context| upload.poll(context)).await })),
            lease,
        );
        Ok(Said::Answer(head, Body::Stream(Box::pin(body))))
    }
}

impl Asked {
    /// Sends on, and waits for the next head.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Heard, Failure>> {
        if let Some(upload) = &mut self.upload
            && let Poll::Ready(sent) = upload.poll(context)
        {
            sent.map_err(Failure::Request)?;
            self.upload = None;
        }
        if let Some(hint) = ready!(self.answer.poll_informational(context)) {
            return Poll::Ready(hint.map(Heard::Hint).map_err(Failure::Stream));
        }
        Pin::new(&mut self.answer).poll(context).map_ok(Heard::Answer).map_err(Failure::Stream)
    }
}

/// Whether the app says that it did nothing about a request (RFC 9113 section 8.7): such a request was the first victim
/// of a GOAWAY, or refused.
fn was_not_looked_at(error: &h2::Error) -> bool {
    error.is_remote() && (error.is_go_away() || error.reason() == Some(Reason::REFUSED_STREAM))
}
