//! An app that does what the paths say, on a port of its own.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use h2::server::SendResponse;
use h2::{Reason, RecvStream};
use http::{HeaderMap, Request, Response};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::wire::body::{Body, BodyError, BodyStream, Capped, Frame};
use crate::wire::fields::Fields;
use crate::wire::h2::app::{H2App, H2Pool};
use crate::wire::head::{RequestHead, ResponseHead, Target, Version};
use crate::wire::traits::{App, AppError, Exchange, Said};

/// What the app has seen.
#[derive(Default)]
pub struct Seen {
    pub connections: Cell<usize>,
    pub requests: Cell<usize>,
    pub cancelled: Cell<usize>,
}

pub struct Server {
    pub seen: Rc<Seen>,
    pub app: H2App,
    accepting: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// An app that serves so many streams at once on one connection.
pub async fn serve(streams: u32) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Rc::new(Seen::default());
    let told = Rc::clone(&seen);
    let accepting = tokio::task::spawn_local(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let seen = Rc::clone(&told);
            let number = seen.connections.replace(seen.connections.get() + 1);
            tokio::task::spawn_local(connection(stream, streams, number, seen));
        }
    });
    Server { seen, app: app(address), accepting }
}

pub fn app(address: SocketAddr) -> H2App {
    H2App { pool: Rc::new(H2Pool::default()), address, connect_timeout: Duration::from_secs(2) }
}

async fn connection(stream: tokio::net::TcpStream, streams: u32, number: usize, seen: Rc<Seen>) {
    let mut builder = h2::server::Builder::new();
    builder.max_concurrent_streams(streams).enable_connect_protocol().initial_window_size(20_000);
    let mut connection = builder.handshake::<_, Bytes>(stream).await.unwrap();
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        seen.requests.set(seen.requests.get() + 1);
        match request.uri().path() {
            // Only the first connection does these.
            "/refuse" if number == 0 => respond.send_reset(Reason::REFUSED_STREAM),
            "/close" if number == 0 => return,
            "/refuse" | "/close" => {
                let _ = respond.send_response(Response::new(()), true);
            }
            _ => drop(tokio::task::spawn_local(answer(request, respond, Rc::clone(&seen)))),
        }
    }
}

async fn answer(request: Request<RecvStream>, mut respond: SendResponse<Bytes>, seen: Rc<Seen>) {
    let (parts, mut body) = request.into_parts();
    match parts.uri.path() {
        "/head" => {
            let te = parts.headers.get("te").map_or("none", |te| te.to_str().unwrap());
            let said = format!("{} {} te={te}", parts.method, parts.uri);
            respond.send_response(Response::new(()), false).unwrap().send_data(said.into(), true).unwrap();
        }
        "/hint" => {
            respond.send_informational(Response::builder().status(100).body(()).unwrap()).unwrap();
            let hint = Response::builder().status(103).header("link", "</a>").body(()).unwrap();
            respond.send_informational(hint).unwrap();
            respond.send_response(Response::builder().status(204).body(()).unwrap(), true).unwrap();
        }
        "/wait" => {
            let _ = std::future::poll_fn(|context| respond.poll_reset(context)).await;
            seen.cancelled.set(seen.cancelled.get() + 1);
        }
        "/broken" => {
            let mut stream = respond.send_response(Response::new(()), false).unwrap();
            stream.send_data(Bytes::from_static(b"half"), false).unwrap();
            // The head and some of the body are on their way by then.
            tokio::task::yield_now().await;
            stream.send_reset(Reason::INTERNAL_ERROR);
        }
        // Each piece back as it comes, and a status behind the last; tunnels too.
        _ => {
            let Ok(mut stream) = respond.send_response(Response::new(()), false) else { return };
            while let Some(Ok(data)) = body.data().await {
                body.flow_control().release_capacity(data.len()).unwrap();
                let mut left = data;
                while !left.is_empty() {
                    stream.reserve_capacity(left.len());
                    let room = std::future::poll_fn(|context| stream.poll_capacity(context)).await;
                    let Some(Ok(room)) = room else { return };
                    if stream.send_data(left.split_to(room.min(left.len())), false).is_err() {
                        return;
                    }
                }
            }
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", "0".parse().unwrap());
            trailers.insert("set-cookie", "never=1".parse().unwrap());
            let _ = stream.send_trailers(trailers);
        }
    }
}

pub fn head(method: &'static str, path: &str) -> RequestHead {
    RequestHead {
        method: Bytes::from_static(method.as_bytes()),
        target: Target::new(path),
        authority: "shop.example".to_owned(),
        version: Version::Http11,
        fields: Fields::default(),
        content_length: Some(0),
        upgrade: None,
    }
}

/// A request without a body, and its answer.
pub async fn ask(app: &H2App, head: RequestHead) -> Result<(ResponseHead, String), AppError> {
    send(app, head, None).await
}

/// A request and its answer, whole.
pub async fn send(
    app: &H2App,
    head: RequestHead,
    body: Option<BodyStream>,
) -> Result<(ResponseHead, String), AppError> {
    let mut exchange = app.send(head, Capped::new(body, None));
    match exchange.next().await? {
        Said::Answer(head, body) => Ok((head, read(body).await.unwrap().0)),
        Said::Hint(hint) => panic!("{hint:?}"),
    }
}

/// All of a body, and its trailers.
pub async fn read(body: Body) -> Result<(String, Fields), BodyError> {
    let (mut all, mut trailers) = (Vec::new(), Fields::default());
    match body {
        Body::Whole(bytes) => all.extend_from_slice(&bytes),
        Body::Stream(mut stream) => {
            while let Some(piece) = stream.next().await {
                match piece? {
                    Frame::Data(data) => all.extend_from_slice(&data),
                    Frame::Trailers(fields) => trailers = fields,
                }
            }
        }
        Body::Tunnel(_) => panic!("a tunnel"),
    }
    Ok((String::from_utf8(all).unwrap(), trailers))
}

pub async fn on_a_worker(test: impl Future<Output = ()>) {
    tokio::task::LocalSet::new().run_until(test).await;
}
