//! The admin port: `/livez`, `/readyz`, `/metrics`. It changes nothing.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use super::metrics::Metrics;
use super::watches::Watches;

/// How long a client has to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// What is known of the operator's health.
#[derive(Debug)]
pub struct Health {
    /// What is counted.
    pub metrics: Metrics,
    /// When each watch last asked.
    pub watches: Watches,
    /// Whether it can lead, or leads.
    pub is_ready: AtomicBool,
}

/// The admin server, listening.
#[derive(Debug)]
pub struct Admin {
    listener: TcpListener,
    health: Arc<Health>,
}

impl Admin {
    /// Listens there; port 0 takes a free port.
    ///
    /// # Errors
    /// When the address is taken or not ours.
    pub async fn bind(address: SocketAddr, health: Arc<Health>) -> std::io::Result<Self> {
        Ok(Self { listener: TcpListener::bind(address).await?, health })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the operating system does not say.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until the process ends.
    pub async fn serve(self) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let health = Arc::clone(&self.health);
                    let service = service_fn(move |request| {
                        let health = Arc::clone(&health);
                        async move { Ok::<_, Infallible>(answer(&request, &health)) }
                    });
                    let mut server = http1::Builder::new();
                    server.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
                    // A client that breaks off is its own affair.
                    tokio::spawn(server.serve_connection(TokioIo::new(stream), service));
                }
                // Out of file descriptors, as a rule: waiting a moment is all there is to do.
                Err(error) => {
                    tracing::warn!(%error, "the admin port cannot accept");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}

fn answer(request: &Request<Incoming>, health: &Health) -> Response<Full<Bytes>> {
    let now = Instant::now();
    match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/livez") => match health.watches.dead(now) {
            None => text(StatusCode::OK, "ok\n".into()),
            Some(watch) => text(StatusCode::SERVICE_UNAVAILABLE, format!("the watch of {watch} is silent\n").into()),
        },
        (&Method::GET | &Method::HEAD, "/readyz") if health.is_ready.load(Ordering::Relaxed) => {
            text(StatusCode::OK, "ok\n".into())
        }
        (&Method::GET | &Method::HEAD, "/readyz") => text(
            StatusCode::SERVICE_UNAVAILABLE,
            "the API server was not reached yet, or does not know the types of the chart shipshape-crds\n".into(),
        ),
        (&Method::GET | &Method::HEAD, "/metrics") => {
            match health.metrics.text(health.watches.oldest(now).map(|(_, age)| age)) {
                Ok(metrics) => text(StatusCode::OK, metrics.into()),
                Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n").into()),
            }
        }
        _ => text(StatusCode::NOT_FOUND, "here are /livez, /readyz and /metrics\n".into()),
    }
}

fn text(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let kind = http::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    response
}
