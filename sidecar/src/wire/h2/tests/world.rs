//! A service that does what its paths say, and clients that speak to it over a pipe.

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use h2::client::{ResponseFuture, SendRequest};
use h2::{RecvStream, SendStream};
use http::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::wire::body::{Body, BodyError, BodyStream, Frame};
use crate::wire::codec::HeadError;
use crate::wire::fields::Fields;
use crate::wire::h2::server::serve_http2;
use crate::wire::head::{RequestHead, ResponseHead};
use crate::wire::service::{Limits, Service};
use crate::wire::traits::{Client, ClientGone};

/// The pieces of `/large/N`.
pub const PIECE: usize = 32 * 1024;

pub const LIMITS: Limits = Limits {
    head: Duration::from_secs(10),
    idle: Duration::from_secs(75),
    stall: Duration::from_secs(30),
    age: Duration::from_secs(3600),
    header_count: 100,
};

/// What became of the requests.
#[derive(Default)]
pub struct Seen {
    pub begun: Cell<usize>,
    pub answered: Cell<usize>,
    pub gone: Cell<usize>,
    /// Pieces that were asked of `/large/N`.
    pub pieces: Cell<usize>,
}

struct Paths(Rc<Seen>);

impl Service for Paths {
    fn limits(&self) -> Limits {
        LIMITS
    }

    async fn request(self: Rc<Self>, head: RequestHead, body: Option<BodyStream>, mut client: impl Client + 'static) {
        let seen = &self.0;
        seen.begun.set(seen.begun.get() + 1);
        let outcome = match head.target.raw().split_once('/').map_or("", |(_, path)| path) {
            "echo" => echo(body, client).await,
            "hint" => {
                let mut hint = ResponseHead::new(103);
                hint.fields.append("link", "</style.css>");
                match client.hint(hint).await {
                    Ok(()) => client.answer(ResponseHead::new(200), Body::empty()).await,
                    gone => gone,
                }
            }
            "wait" => {
                poll_fn(|context| client.poll_absence(None, context)).await;
                Err(ClientGone)
            }
            "trailers" => client.answer(ResponseHead::new(200), Body::Stream(with_trailers())).await,
            "short" => client.answer(length(100), Body::Stream(pieces(&["only this"]))).await,
            "exact" => client.answer(length(6), Body::Stream(pieces(&["abc", "def"]))).await,
            "chat" => {
                let (near, far) = duplex(1024);
                tokio::task::spawn_local(shout(far));
                client.answer(ResponseHead::new(101), Body::Tunnel(Box::new(near))).await
            }
            path => match path.strip_prefix("large/").and_then(|count| count.parse().ok()) {
                Some(count) => client.answer(ResponseHead::new(200), Body::Stream(large(count, Rc::clone(seen)))).await,
                None => client.answer(ResponseHead::new(404), Body::Whole(Bytes::from_static(b"no"))).await,
            },
        };
        let count = if outcome.is_ok() { &seen.answered } else { &seen.gone };
        count.set(count.get() + 1);
    }

    async fn refuse(&self, error: HeadError, client: impl Client + 'static) {
        let text = Bytes::from(error.to_string());
        let _ = client.answer(ResponseHead::new(400), Body::Whole(text)).await;
    }
}

async fn echo(body: Option<BodyStream>, mut client: impl Client) -> Result<(), ClientGone> {
    let mut all = Vec::new();
    let mut body = body.unwrap_or_else(|| pieces(&[]));
    loop {
        // As the pipeline does: the body is asked for first, the client watched meanwhile.
        let piece = tokio::select! {
            biased;
            piece = body.next() => piece,
            _ = poll_fn(|context| client.poll_absence(None, context)) => return Err(ClientGone),
        };
        let Some(piece) = piece else { break };
        match piece {
            Ok(Frame::Data(data)) => all.extend_from_slice(&data),
            Ok(Frame::Trailers(_)) => {}
            Err(_) => return client.answer(ResponseHead::new(400), Body::empty()).await,
        }
    }
    client.answer(ResponseHead::new(200), Body::Whole(all.into())).await
}

/// Says in capitals what it hears.
async fn shout(mut far: DuplexStream) {
    let mut buffer = [0; 64];
    while let Ok(read @ 1..) = far.read(&mut buffer).await {
        buffer[..read].make_ascii_uppercase();
        if far.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

fn length(length: u64) -> ResponseHead {
    ResponseHead { content_length: Some(length), ..ResponseHead::new(200) }
}

fn pieces(pieces: &'static [&'static str]) -> BodyStream {
    Box::pin(futures::stream::iter(pieces).map(|piece| Ok(Frame::Data(Bytes::from_static(piece.as_bytes())))))
}

fn with_trailers() -> BodyStream {
    let mut trailers = Fields::default();
    trailers.append("grpc-status", "0");
    Box::pin(pieces(&["body"]).chain(futures::stream::iter([Ok(Frame::Trailers(trailers))])))
}

fn large(count: usize, seen: Rc<Seen>) -> BodyStream {
    Box::pin(futures::stream::iter(0..count).map(move |_| {
        seen.pieces.set(seen.pieces.get() + 1);
        Ok::<_, BodyError>(Frame::Data(Bytes::from_static(&[b'x'; PIECE])))
    }))
}

/// A connection that is served, and its other end.
pub struct Served {
    pub seen: Rc<Seen>,
    pub drain: watch::Sender<Option<Instant>>,
    pub task: JoinHandle<()>,
}

pub fn served() -> (Served, DuplexStream) {
    let (near, far) = duplex(1 << 16);
    let seen = Rc::new(Seen::default());
    let (drain, draining) = watch::channel(None);
    let service = Rc::new(Paths(Rc::clone(&seen)));
    let task = tokio::task::spawn_local(serve_http2(near, true, service, draining));
    (Served { seen, drain, task }, far)
}

/// A client that lets the server send so much ahead.
pub async fn client(far: DuplexStream, window: u32) -> SendRequest<Bytes> {
    let mut builder = h2::client::Builder::new();
    builder.initial_window_size(window).initial_connection_window_size(1 << 30).enable_push(false);
    let (client, connection) = builder.handshake(far).await.unwrap();
    tokio::task::spawn_local(async move {
        // How it ends is seen by the streams.
        let _ = connection.await;
    });
    client
}

pub async fn ask(client: &SendRequest<Bytes>, path: &str) -> ResponseFuture {
    send(client, Request::get(format!("https://a{path}")), true).await.0
}

pub async fn send(
    client: &SendRequest<Bytes>,
    request: http::request::Builder,
    is_last: bool,
) -> (ResponseFuture, SendStream<Bytes>) {
    let mut client = client.clone().ready().await.unwrap();
    client.send_request(request.body(()).unwrap(), is_last).unwrap()
}

/// What comes until the end; the window stays as it is.
pub async fn read(body: &mut RecvStream) -> Result<String, h2::Error> {
    let mut all = Vec::new();
    while let Some(data) = body.data().await {
        all.extend_from_slice(&data?);
    }
    Ok(String::from_utf8(all).unwrap())
}

/// Runs what needs a worker.
pub async fn on_a_worker(test: impl Future<Output = ()>) {
    tokio::task::LocalSet::new().run_until(test).await;
}
