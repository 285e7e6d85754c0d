//! What is measured: the scenarios, the policy that each puts in force, and how its clients behave.

use std::fmt;

use clap::ValueEnum;
use serde::Serialize;

use crate::client::Request;
use crate::credentials::{Alpn, Credentials, Identity, Resumption};
use crate::upstream::BIG;

/// Connections that are kept, over HTTP/1.1.
const CONNECTIONS: usize = 64;
/// Bytes of the large request.
const UPLOAD: usize = 4 * 1024;
/// The page that requests of the full policy come from.
pub const ORIGIN: &str = "https://app.example";

/// What a proxy is set up to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setup {
    /// Pass plain HTTP on.
    Plain,
    /// End TLS and pass on.
    Tls,
    /// The same without tickets, where the proxy can leave them out.
    NoTickets,
    /// TLS, credentials, a limit per client that is never reached, security headers, cross-origin requests, a limit of
    /// body sizes, request ids, an access log, counters.
    Full,
}

/// How the clients of a scenario behave. All of them ask again when they were answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Traffic {
    /// So many HTTP/1.1 connections, which are kept.
    Kept(usize),
    /// So many HTTP/2 connections with so many streams each.
    Streams(usize, usize),
    /// A new connection for each request, so many at a time.
    New(usize),
    /// The same, with handshakes that are shortened by tickets.
    Resumed(usize),
}

/// One scenario, by the name it has in every report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
pub enum Scenario {
    /// Plain HTTP/1.1, 1 KB of JSON
    #[value(name = "S1")]
    S1,
    /// The same over TLS 1.3
    #[value(name = "S2")]
    S2,
    /// The same over TLS 1.3 and HTTP/2
    #[value(name = "S3")]
    S3,
    /// Full policy over TLS 1.3
    #[value(name = "S4")]
    S4,
    /// Full policy over TLS 1.3 and HTTP/2
    #[value(name = "S4h2")]
    S4h2,
    /// A new TLS connection for each request
    #[value(name = "S5")]
    S5,
    /// The same, resumed by tickets
    #[value(name = "S5t")]
    S5t,
    /// Plain HTTP/1.1, 4 KB up and 100 KB down
    #[value(name = "S6")]
    S6,
    /// The same over TLS 1.3
    #[value(name = "S6t")]
    S6t,
    /// Full policy, no credentials: every answer is 401
    #[value(name = "S8")]
    S8,
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl Scenario {
    /// What it is, for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::S1 => "plain HTTP/1.1",
            Self::S2 => "TLS, HTTP/1.1",
            Self::S3 => "TLS, HTTP/2",
            Self::S4 => "full policy",
            Self::S4h2 => "full policy, HTTP/2",
            Self::S5 => "new TLS connections",
            Self::S5t => "resumed TLS connections",
            Self::S6 => "4 KB up, 100 KB down, plain",
            Self::S6t => "4 KB up, 100 KB down, TLS",
            Self::S8 => "refused: 401",
        }
    }

    /// What the proxy is set up to do.
    #[must_use]
    pub fn setup(self) -> Setup {
        match self {
            Self::S1 | Self::S6 => Setup::Plain,
            Self::S2 | Self::S3 | Self::S5t | Self::S6t => Setup::Tls,
            Self::S5 => Setup::NoTickets,
            Self::S4 | Self::S4h2 | Self::S8 => Setup::Full,
        }
    }

    /// How its clients behave.
    #[must_use]
    pub fn traffic(self) -> Traffic {
        match self {
            Self::S3 | Self::S4h2 => Traffic::Streams(8, 8),
            Self::S5 => Traffic::New(32),
            Self::S5t => Traffic::Resumed(8),
            Self::S1 | Self::S2 | Self::S4 | Self::S6 | Self::S6t | Self::S8 => Traffic::Kept(CONNECTIONS),
        }
    }

    /// The status of every answer.
    #[must_use]
    pub fn expected(self) -> u16 {
        if self == Self::S8 { 401 } else { 200 }
    }

    /// Whether system calls are counted in it.
    #[must_use]
    pub fn counts_syscalls(self) -> bool {
        matches!(self, Self::S1 | Self::S2 | Self::S4)
    }

    /// The requests, in turn.
    #[must_use]
    pub fn requests(self, identity: Identity, credentials: &Credentials) -> Vec<Request> {
        match self {
            Self::S1 | Self::S2 | Self::S3 => vec![Request::get("/")],
            Self::S4 | Self::S4h2 => identified(identity, credentials),
            Self::S5 | Self::S5t => vec![Request::get("/").with("Connection", "close")],
            Self::S6 | Self::S6t => vec![Request::post(BIG, UPLOAD)],
            Self::S8 => vec![Request::get("/").with("Origin", ORIGIN)],
        }
    }
}

impl Setup {
    /// Whether clients speak TLS.
    #[must_use]
    pub fn has_tls(self) -> bool {
        self != Self::Plain
    }
}

impl Traffic {
    /// The protocol that clients ask for.
    #[must_use]
    pub fn alpn(self) -> Alpn {
        if matches!(self, Self::Streams(..)) { Alpn::Http2 } else { Alpn::Http1 }
    }

    /// Whether clients use tickets.
    #[must_use]
    pub fn resumption(self) -> Resumption {
        if matches!(self, Self::Resumed(_)) { Resumption::Tickets } else { Resumption::Off }
    }
}

/// One GET for each credential that is accepted.
#[must_use]
pub fn identified(identity: Identity, credentials: &Credentials) -> Vec<Request> {
    let ask = |(name, value)| Request::get("/").with("Origin", ORIGIN).with(name, value);
    credentials.right(identity).into_iter().map(ask).collect()
}
