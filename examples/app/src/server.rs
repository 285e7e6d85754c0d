//! A plain HTTP/1.1 server on one listener: accepts, answers, and knows which connections are still open.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};

use crate::answer::Body;

/// How long a connection may stay without a request: Node's default, which proxies must cope with.
const KEEP_ALIVE: Duration = Duration::from_secs(5);
/// The pause after a failed accept, so that running out of descriptors does not take the whole core.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// An app: one answer for each request.
pub trait App: Send + Sync + 'static {
    /// Answers a request.
    fn answer(&self, request: Request<Incoming>) -> impl Future<Output = Response<Body>> + Send;
}

/// The connections that were open when the server stopped accepting.
pub struct Connections(GracefulShutdown);

/// Accepts and answers until `stop`, then closes the listener and returns what is still open.
pub async fn serve(listener: TcpListener, app: impl App, stop: impl Future<Output = ()>) -> Connections {
    let connections = GracefulShutdown::new();
    let app = Arc::new(app);
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => open(stream, Arc::clone(&app), &connections),
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            () = &mut stop => return Connections(connections),
        }
    }
}

/// Waits until every request in flight is answered; idle connections are closed at once.
pub async fn finish(connections: Connections) {
    connections.0.shutdown().await;
}

fn open(stream: TcpStream, app: Arc<impl App>, connections: &GracefulShutdown) {
    let service = service_fn(move |request| {
        let app = Arc::clone(&app);
        async move { Ok::<_, Infallible>(app.answer(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(KEEP_ALIVE)
        .serve_connection(TokioIo::new(stream), service);
    let watched = connections.watch(connection);
    tokio::spawn(async move {
        // An error here is a client that went away or spoke no HTTP: nobody is left to be told.
        let _ = watched.await;
    });
}
