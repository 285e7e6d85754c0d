//! The app behind the sidecar: one that behaves, and one that sends whatever bytes it is told to.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// An app that answers: `/echo` sends the body back as it comes, `/slow/MS` waits first, the rest names what it saw.
pub struct App {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
}

impl App {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (connections, requests) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (opened, asked) = (Arc::clone(&connections), Arc::clone(&requests));
        let open = Arc::new(AtomicUsize::new(0));
        let now_open = Arc::clone(&open);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                opened.fetch_add(1, Relaxed);
                let asked = Arc::clone(&asked);
                let service = service_fn(move |request| {
                    asked.fetch_add(1, Relaxed);
                    answer(request)
                });
                let now_open = Arc::clone(&now_open);
                tokio::spawn(async move {
                    now_open.fetch_add(1, Relaxed);
                    let connection = hyper::server::conn::http1::Builder::new();
                    // A connection that breaks is what some tests are about.
                    let _ = connection.serve_connection(TokioIo::new(stream), service).await;
                    now_open.fetch_sub(1, Relaxed);
                });
            }
        });
        Self { address, connections, requests, open }
    }

    /// Connections that were opened so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Relaxed)
    }

    /// Connections that are open now.
    pub fn open_connections(&self) -> usize {
        self.open.load(Relaxed)
    }

    /// Requests that came so far.
    pub fn requests(&self) -> usize {
        self.requests.load(Relaxed)
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<BoxBody<Bytes, hyper::Error>>, Infallible> {
    let path = request.uri().path().to_owned();
    if path == "/echo" {
        return Ok(Response::new(request.into_body().boxed()));
    }
    if path == "/large" {
        return Ok(Response::new(whole(&"x".repeat(16 << 20))));
    }
    if path == "/unready" {
        let response = Response::builder().status(503).body(whole("not yet"));
        return Ok(response.unwrap());
    }
    if let Some(wait) = path.strip_prefix("/slow/") {
        tokio::time::sleep(Duration::from_millis(wait.parse().unwrap())).await;
    }
    let (parts, body) = request.into_parts();
    // A request whose body breaks off gets whatever answer: nobody waits for it.
    let _ = body.collect().await;
    Ok(Response::new(whole(&format!("{} {} {:?}", parts.method, parts.uri, parts.headers))))
}

fn whole(text: &str) -> BoxBody<Bytes, hyper::Error> {
    Full::new(Bytes::copy_from_slice(text.as_bytes())).map_err(|never| match never {}).boxed()
}

/// An app that answers the first request of a connection and then closes it: at once, or when the second has come.
pub struct Fickle {
    pub address: SocketAddr,
}

impl Fickle {
    pub async fn start(reads_the_second: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    let mut head = [0; 4096];
                    // Requests of these tests fit into one read.
                    let _ = stream.read(&mut head).await;
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
                    if reads_the_second {
                        let _ = stream.read(&mut head).await;
                    }
                });
            }
        });
        Self { address }
    }
}

/// An app that answers every request's head with the same bytes and closes.
pub struct Raw {
    pub address: SocketAddr,
}

impl Raw {
    pub async fn start(bytes: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                tokio::spawn(async move {
                    let mut head = [0; 4096];
                    // Requests of these tests fit into one read.
                    let _ = stream.read(&mut head).await;
                    let _ = stream.write_all(bytes).await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        Self { address }
    }
}
