//! HTTP/1.0 and HTTP/1.1 with clients (RFC 9112): one connection, one request after the other.

mod answer;
mod body;
mod client;
mod connection;
mod linger;
mod link;
mod pace;
mod tunnel;

pub(super) use connection::serve_http1;
