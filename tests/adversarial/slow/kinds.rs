//! All kinds of slow clients, and how long each may be held.

use std::pin::Pin;
use std::time::Duration;

use anyhow::Result;

use super::patience::End;
use super::reading::Kind as Reader;
use super::talking as t;
use crate::sidecar::Addresses;

/// A client at work.
pub type Client = Pin<Box<dyn Future<Output = Result<End>> + Send>>;

/// A kind.
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// How long it may be held.
    pub within: Duration,
    /// What it does.
    pub does: Does,
}

/// What a kind does.
pub enum Does {
    /// It sends slowly.
    Talks(fn(Addresses) -> Client),
    /// It reads slowly.
    Reads(Reader),
}

/// `idle` of the service in these tests; its default of 75 s would take too long.
pub const IDLE: &str = "8s";

/// Defines a kind that sends slowly.
macro_rules! talks {
    ($name:literal, $seconds:literal, $does:path) => {
        Kind { name: $name, within: Duration::from_secs($seconds), does: Does::Talks(|to| Box::pin($does(to))) }
    };
}

/// Defines a kind that reads slowly.
macro_rules! reads {
    ($name:literal, $kind:expr) => {
        Kind { name: $name, within: Duration::from_secs(30), does: Does::Reads($kind) }
    };
}

pub const ALL: &[Kind] = &[
    talks!("header lines, one a second", 10, t::slow_headers),
    talks!("head byte by byte over TLS", 10, t::slow_headers_over_tls),
    talks!("connected and silent", 15, t::silence),
    talks!("half a ClientHello", 10, t::half_hello),
    talks!("ClientHello in records of one byte", 10, t::hello_in_pieces),
    talks!("silent after the handshake", 15, t::silence_over_tls),
    talks!("silent after the preface of HTTP/2", 15, t::silence_over_http2),
    talks!("body of a byte in two seconds", 30, t::slow_body),
    talks!("chunks of a byte in two seconds, TLS", 30, t::slow_chunks),
    talks!("body of a byte in two seconds, HTTP/2", 30, t::slow_body_over_http2),
    talks!("idle after a request", 8, t::idle),
    talks!("idle after a request, HTTP/2", 8, t::idle_over_http2),
    reads!("4 MB read at a byte a second", Reader::Http1),
    reads!("4 MB read at a byte a second, HTTP/2", Reader::Http2),
    reads!("4 MB never read, HTTP/2", Reader::Shut),
];
