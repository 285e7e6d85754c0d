//! What is known of a connection and of a request so far.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use shipshape_crds::policy::Enforcement;

use crate::filters::api_key::KnownKey;
use crate::filters::client_address::Origin;
use crate::filters::rate_fields::Quota;
use crate::problem::{Code, Problem};
use crate::tls::TlsFacts;
use crate::transfer::Transfer;
use crate::wire::{BodyStream, RequestHead, Target, Version, is_grpc};

/// A request as the codec read it.
pub struct Request {
    /// Its head.
    pub head: RequestHead,
    /// Its body, without framing, where it has one.
    pub body: Option<BodyStream>,
}

/// The connection on which a request came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Who opened it: a client, or a proxy in front.
    pub peer: SocketAddr,
    /// Where it was accepted.
    pub local: SocketAddr,
    /// What TLS tells about it; `None` on the plain port.
    pub tls: Option<Arc<TlsFacts>>,
}

/// What is known of a request; phases add to it, the record reads it.
pub struct Facts {
    /// The connection.
    pub connection: Connection,
    /// When its head was there, on the monotonic clock.
    pub started: Duration,
    /// The same moment by the time of day.
    pub time: Timestamp,
    /// Its name, in visible ASCII.
    pub request_id: Bytes,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether the client's side is encrypted: here, or at a trusted proxy that says so.
    pub secure: bool,
    /// What it asked for; nothing where that could not be read.
    pub asked: Asked,
    /// The index of its route, once it has one.
    pub route: RouteFact,
    /// Who calls, once that is known.
    pub caller: Option<Arc<KnownKey>>,
    /// Why it was refused.
    pub refusal: Option<Refusal>,
    /// Why it would have been refused, by what only reports.
    pub would_refuse: Vec<Refusal>,
    /// What its answer tells about limits.
    pub quotas: Vec<Quota>,
    /// How long the app took until its answer began.
    pub upstream: Option<Duration>,
    /// What its bodies have come to.
    pub transfer: Arc<Transfer>,
}

/// Which rules a request follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteFact {
    /// It was refused before that was known.
    Unrouted,
    /// Those of the service: no route claims it.
    Default,
    /// Those of the route of this index.
    Route(usize),
}

/// What a request asked for, kept for its log line: the head itself goes to the app.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Its method.
    pub method: Bytes,
    /// Its target as it came, secrets included; nothing where it could not be read.
    pub target: Option<Target>,
    /// The version of HTTP.
    pub version: Option<Version>,
    /// What the client says it is.
    pub user_agent: Bytes,
    /// The site whose page asks, as a browser says it; empty where none does.
    pub origin: Bytes,
    /// Whether it is a call of gRPC, whose refusals have no document.
    pub is_grpc: bool,
}

/// A refusal as the log tells it.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// Its code.
    pub code: Code,
    /// The field of the policy that caused it.
    pub field: Option<Arc<str>>,
    /// What only the log may say.
    pub reason: Option<String>,
}

impl Facts {
    /// Takes a verdict as seriously as it is meant: an enforced problem stops the request, a reported one is noted
    /// and lets it pass without what it would have proved.
    ///
    /// # Errors
    /// The problem, where it is enforced.
    pub fn judge<T>(&mut self, meant: Enforcement, verdict: Result<T, Problem>) -> Result<Option<T>, Problem> {
        match verdict {
            Ok(proved) => Ok(Some(proved)),
            Err(problem) if meant == Enforcement::Enforce => Err(problem),
            Err(problem) => {
                self.would_refuse.push(Refusal::from(&problem));
                Ok(None)
            }
        }
    }
}

impl From<&Problem> for Refusal {
    fn from(problem: &Problem) -> Self {
        let reason = problem.private().map(str::to_owned);
        Self { code: problem.code(), field: problem.field().cloned(), reason }
    }
}

impl From<&RequestHead> for Asked {
    fn from(head: &RequestHead) -> Self {
        Self {
            method: head.method.clone(),
            target: Some(head.target.clone()),
            version: Some(head.version),
            user_agent: head.fields.get("user-agent").map(Bytes::copy_from_slice).unwrap_or_default(),
            origin: head.fields.get("origin").map(Bytes::copy_from_slice).unwrap_or_default(),
            is_grpc: head.version == Version::Http2 && head.upgrade.is_none() && is_grpc(&head.fields),
        }
    }
}

impl Asked {
    /// Whether the answer has no body.
    #[must_use]
    pub fn is_head(&self) -> bool {
        self.method == "HEAD"
    }

    /// The method as text; methods are tokens.
    #[must_use]
    pub fn method_name(&self) -> &str {
        std::str::from_utf8(&self.method).unwrap_or_default()
    }
}
