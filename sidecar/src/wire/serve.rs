//! Serving one connection by the protocol that it speaks.

use std::rc::Rc;

use super::h1::serve_http1;
use super::h2::serve_http2;
use super::io::Transport;
use super::service::{Draining, Service};

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
    io: impl Transport,
    protocol: Protocol,
    is_tls: bool,
    service: Rc<S>,
    draining: Draining,
) {
    match protocol {
        Protocol::Http1 => serve_http1(io, is_tls, service, draining).await,
        // Boxed: a connection of the other protocol should not keep room for it.
        Protocol::Http2 => Box::pin(serve_http2(io, is_tls, service, draining)).await,
    }
}
