//! One request to the app and what it says to it.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use super::answer_body::AnswerBody;
use super::connection::AppConnection;
use super::pool::AppPool;
use super::tunnel::AppTunnel;
use super::upload::{Upload, UploadError};
use crate::wire::body::{Body, Capped};
use crate::wire::bounds::{ANSWER_HEAD, HINTS};
use crate::wire::codec::{Asked, Framing, HeadLimits, ParsedResponse, ResponseError, parse_response, write_request};
use crate::wire::head::RequestHead;
use crate::wire::io::{Inlet, Taken};
use crate::wire::traits::{App, AppError, Exchange, Said};
use crate::wire::websocket;

/// An app's head beyond this is no answer.
const LIMITS: HeadLimits = HeadLimits { bytes: ANSWER_HEAD as usize, fields: 512 };

/// The app, reached through one worker's connections.
#[derive(Clone)]
pub struct Http1App {
    /// The worker's connections.
    pub pool: Rc<AppPool>,
    /// Where the app listens.
    pub address: SocketAddr,
    /// How long opening a connection may take.
    pub connect_timeout: Duration,
}

impl App for Http1App {
    fn send(&self, head: RequestHead, body: Capped) -> impl Exchange {
        Http1Exchange { app: self.clone(), request: Some(Request::new(head, body, self)), way: Way::Unknown, hints: 0 }
    }
}

struct Http1Exchange {
    app: Http1App,
    request: Option<Request>,
    way: Way,
    hints: usize,
}

/// What is sent, and what may be done about it when that fails.
struct Request {
    head: RequestHead,
    /// Where the app listens: its name for requests that name none.
    address: SocketAddr,
    upload: Upload,
    asked: Asked,
    /// What proves that the app speaks WebSocket, where its client did not ask for a proof.
    proof: Option<String>,
    /// Sending it twice does no harm, and all of it is still there.
    is_repeatable: bool,
    /// The app has said something to it.
    is_heard: bool,
}

impl Request {
    fn new(mut head: RequestHead, body: Capped, app: &Http1App) -> Self {
        let framing = match head.content_length {
            _ if body.is_over() => Framing::None,
            Some(length) => Framing::Length(length),
            None => Framing::Chunked,
        };
        let asked = match head.upgrade {
            Some(_) => Asked::Upgrade,
            None if head.method == b"HEAD"[..] => Asked::Head,
            None => Asked::Other,
        };
        let proof = (head.upgrade.is_some() && !head.fields.has("sec-websocket-key")).then(|| ask_for_proof(&mut head));
        let is_repeatable = body.is_over() && asked != Asked::Upgrade && head.is_idempotent();
        let upload = Upload::new(body, framing, |out| write(out, &head, app.address, framing));
        Self { head, address: app.address, upload, asked, proof, is_repeatable, is_heard: false }
    }

    /// Whether the app has shown what was asked of it. Over HTTP/2 any success opens the tunnel, so a success that
    /// switches to nothing must not be passed on.
    fn is_proved(&self, said: &ParsedResponse) -> bool {
        let Some(proof) = self.proof.as_deref() else { return true };
        match said.head.status {
            _ if said.switches => said.head.fields.text("sec-websocket-accept") == Some(proof),
            status => !(200..300).contains(&status),
        }
    }

    /// Whether it may go out once more, on another connection.
    fn may_repeat(&self) -> bool {
        !self.upload.has_begun || self.is_repeatable
    }

    fn begin_again(&mut self) {
        if self.upload.has_begun {
            let Self { head, address, .. } = self;
            let write = |out: &mut Vec<u8>| write(out, head, *address, Framing::None);
            self.upload = Upload::new(Capped::new(None, None), Framing::None, write);
        }
    }

    /// Sends on, and reads until the next head is there.
    fn poll_head(
        &mut self,
        connection: &mut AppConnection,
        context: &mut Context<'_>,
    ) -> Poll<Result<ParsedResponse, Failure>> {
        let AppConnection { stream, inlet, .. } = connection;
        if !self.upload.is_over()
            && let Poll::Ready(Err(UploadError::Body(error))) = self.upload.poll(stream, context)
        {
            return Poll::Ready(Err(Failure::Final(AppError::Request(error))));
        }
        // An app that takes no more may have answered before it closed: whatever it said is read first.
        let asked = self.asked;
        let parse = |bytes: &[u8]| {
            let parsed = parse_response(bytes, &LIMITS, asked)?;
            Ok::<_, ResponseError>(parsed.map(|parsed| {
                let length = parsed.length;
                (parsed, length)
            }))
        };
        let (is_partly, why) = match ready!(inlet.poll_head(stream, context, parse)) {
            Ok(Taken::Whole(parsed)) => {
                self.is_heard = true;
                return Poll::Ready(Ok(parsed));
            }
            Ok(Taken::Broken(error)) => (true, error.to_string()),
            Ok(Taken::Ended { partly }) => (partly, "it closed the connection before it answered".to_owned()),
            Err(error) => (!inlet.bytes().is_empty(), error.to_string()),
        };
        let failure = if is_partly || self.is_heard { Failure::Final } else { Failure::Unheard };
        Poll::Ready(Err(failure(AppError::Broken(why))))
    }
}

/// Why an attempt came to nothing.
enum Failure {
    /// The connection had ended before the app saw the request.
    Unheard(AppError),
    Final(AppError),
}

impl Exchange for Http1Exchange {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Said, AppError>> {
        let Self { app, request: Some(request), way, hints } = self else { return Poll::Ready(Err(AppError::over())) };
        loop {
            let connection = ready!(way.poll(app, request, context))?;
            match ready!(request.poll_head(connection, context)) {
                Ok(said) if !request.is_proved(&said) => {
                    return Poll::Ready(Err(AppError::Broken("it did not prove that it speaks WebSocket".to_owned())));
                }
                Ok(said) if said.head.status >= 200 || said.switches => return Poll::Ready(self.answer(said)),
                Ok(hint) => {
                    *hints += 1;
                    if *hints > HINTS {
                        return Poll::Ready(Err(AppError::Broken(format!("more than {HINTS} interim answers"))));
                    }
                    // Nobody asked the app to ask for the body.
                    if hint.head.status != 100 {
                        return Poll::Ready(Ok(Said::Hint(hint.head)));
                    }
                }
                Err(Failure::Unheard(error)) if connection.is_used && request.may_repeat() => {
                    tracing::debug!(%error, "an idle connection to the app had ended: sent once more");
                    *way = Way::anew(app);
                    request.begin_again();
                }
                Err(Failure::Unheard(error) | Failure::Final(error)) => return Poll::Ready(Err(error)),
            }
        }
    }
}

/// The way to the app.
enum Way {
    Unknown,
    Opens(Pin<Box<dyn Future<Output = Result<AppConnection, AppError>>>>),
    Open(AppConnection),
}

impl Way {
    /// A connection that nobody had before.
    fn anew(app: &Http1App) -> Self {
        Self::Opens(Box::pin(AppConnection::open(app.address, app.connect_timeout)))
    }

    /// Ready when there is a connection: one that waited for its next request, or a new one.
    fn poll(
        &mut self,
        app: &Http1App,
        request: &Request,
        context: &mut Context<'_>,
    ) -> Poll<Result<&mut AppConnection, AppError>> {
        if let Self::Unknown = self {
            let waited = app.pool.take(app.address, !request.is_repeatable);
            *self = waited.map_or_else(|| Self::anew(app), Self::Open);
        }
        if let Self::Opens(opening) = self {
            *self = Self::Open(ready!(opening.as_mut().poll(context))?);
        }
        match self {
            Self::Open(connection) => Poll::Ready(Ok(connection)),
            Self::Unknown | Self::Opens(_) => Poll::Pending,
        }
    }
}

impl Http1Exchange {
    fn answer(&mut self, parsed: ParsedResponse) -> Result<Said, AppError> {
        let ParsedResponse { head, framing, keep_alive, switches, length: _ } = parsed;
        let way = std::mem::replace(&mut self.way, Way::Unknown);
        let (Some(request), Way::Open(mut connection)) = (self.request.take(), way) else {
            return Err(AppError::over());
        };
        if switches {
            return Ok(Said::Answer(head, Body::Tunnel(Box::new(AppTunnel::new(connection)))));
        }
        let pool = keep_alive.then(|| Rc::clone(&self.app.pool));
        let inlet = &mut connection.inlet;
        if let Some(whole) = request.upload.is_over().then(|| whole(framing, inlet)).flatten() {
            // Bytes behind an answer belong to nothing that was asked.
            if let Some(pool) = pool.filter(|_| connection.inlet.bytes().is_empty()) {
                pool.put(connection);
            }
            return Ok(Said::Answer(head, Body::Whole(whole)));
        }
        let body = AnswerBody::new(connection, framing, request.upload, pool);
        Ok(Said::Answer(head, Body::Stream(Box::pin(body))))
    }
}

/// Over HTTP/2 a WebSocket has no key (RFC 8441 section 5.1): the app gets one of ours.
fn ask_for_proof(head: &mut RequestHead) -> String {
    let key = websocket::key(fastrand::u128(..));
    head.fields.set("sec-websocket-version", "13");
    head.fields.append("sec-websocket-key", &key);
    websocket::accept(key.as_bytes())
}

fn write(out: &mut Vec<u8>, head: &RequestHead, address: SocketAddr, framing: Framing) {
    if head.authority.is_empty() {
        write_request(out, head, &address.to_string(), framing);
    } else {
        write_request(out, head, &head.authority, framing);
    }
}

/// The body, where all of it has come already.
fn whole(framing: Framing, inlet: &mut Inlet) -> Option<bytes::Bytes> {
    match framing {
        Framing::None => Some(bytes::Bytes::new()),
        Framing::Length(length) => {
            let length = usize::try_from(length).ok().filter(|length| *length <= inlet.bytes().len())?;
            Some(inlet.take(length))
        }
        Framing::Chunked | Framing::UntilClose => None,
    }
}
