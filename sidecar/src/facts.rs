//! What is known of a connection and of a request so far.

use std::net::SocketAddr;

use crate::wire::{IncomingBody, RequestHead};

/// A request as the codec read it.
pub struct Request {
    /// Its head.
    pub head: RequestHead,
    /// Its body, without framing.
    pub body: IncomingBody,
}

/// The connection on which a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connection {
    /// Who opened it: a client, or a proxy in front.
    pub peer: SocketAddr,
    /// Where it was accepted.
    pub local: SocketAddr,
    /// The version of TLS, such as `TLSv1.3`; `None` on the plain port.
    pub tls: Option<&'static str>,
}
