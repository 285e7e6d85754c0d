//! One connection of a client: the handshake, the protocol it chose, and its requests into the pipeline.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::drain::Drain;
use crate::facts::{Connection, Request};
use crate::live_config::LiveConfig;
use crate::pipeline::{self, WorkerContext};
use crate::problem::{Code, Problem};
use crate::telemetry::metrics::SidecarMetrics;
use crate::tls::{self, Accepting, TlsFacts};
use crate::wire::{self, AppPools, BodyStream, Client, HeadError, Limits, Protocol, RequestHead};

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a connection lives before it ends gently, so that pods that were added receive traffic; up to a tenth
/// more, so that connections of one moment do not all come back at another.
const AGE: Duration = Duration::from_secs(3600);

/// Requests of the whole pod that may be in flight: beyond, 503. A request waiting for the app holds about 8 KB.
pub(super) const MAX_IN_FLIGHT: usize = 8192;
/// Bytes that one worker may hold for those who have not taken them yet: beyond, 503.
const MAX_HELD: usize = 64 << 20;

/// A port that clients connect to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    /// TLS.
    Https,
    /// Plain HTTP.
    Http,
}

impl Port {
    /// Its name in metrics.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
        }
    }
}

/// The socket of a connection.
pub enum Stream {
    /// The worker's runtime watches it.
    Watched(TcpStream),
    /// No runtime watches it yet.
    Unwatched(std::net::TcpStream),
}

/// A connection that was just accepted.
pub struct Accepted {
    /// The socket.
    pub stream: Stream,
    /// Who opened it.
    pub peer: SocketAddr,
    /// Where.
    pub port: Port,
}

/// What one worker serves its connections with.
pub struct Local {
    /// What it was started with.
    pub given: Given,
    /// Its connections to the app.
    pub pools: AppPools,
}

/// What a worker is started with.
pub struct Given {
    /// The configuration in force.
    pub live: Arc<LiveConfig>,
    /// Clock, dice, counters, log.
    pub context: WorkerContext,
    /// The end of the sidecar.
    pub drain: Arc<Drain>,
    /// The sidecar's metrics.
    pub metrics: Arc<SidecarMetrics>,
}

/// Serves a connection to its end.
pub async fn serve(accepted: Accepted, local: Rc<Local>) {
    let Accepted { stream, peer, port } = accepted;
    // A socket for both families shows IPv4 mapped into IPv6: one spelling from here on, in limits, fields and logs.
    let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
    let Ok((stream, here)) = open(stream) else { return };
    match port {
        Port::Http => {
            let connection = Connection { peer, local: here, tls: None };
            wire_up(stream, Protocol::Http1, connection, local).await;
        }
        Port::Https => {
            let Some((stream, tls)) = handshake(stream, &local).await else { return };
            let protocol = if tls.is_http2 { Protocol::Http2 } else { Protocol::Http1 };
            // A session is large, and every function that it is handed to keeps a place for it: a pointer is small.
            let stream = Box::new(stream);
            wire_up(stream, protocol, Connection { peer, local: here, tls: Some(Arc::new(tls)) }, local).await;
        }
    }
}

fn open(stream: Stream) -> std::io::Result<(TcpStream, SocketAddr)> {
    let stream = match stream {
        Stream::Watched(stream) => stream,
        Stream::Unwatched(stream) => TcpStream::from_std(stream)?,
    };
    stream.set_nodelay(true)?;
    let here = stream.local_addr()?;
    Ok((stream, here))
}

async fn handshake(stream: TcpStream, local: &Local) -> Option<(TlsStream<TcpStream>, TlsFacts)> {
    let live = local.given.live.current();
    let (config, certificates) = (live.tls(), &live.certificates());
    let with = Accepting { config, certificates, patience: HANDSHAKE, metrics: &local.given.metrics };
    tls::accept(stream, with).await
}

async fn wire_up<I>(io: I, protocol: Protocol, connection: Connection, local: Rc<Local>)
where
    I: wire::Transport,
{
    let draining = local.given.drain.began();
    let age = AGE + AGE.mul_f64(fastrand::f64() / 10.0);
    let is_encrypted = connection.tls.is_some();
    let service = Rc::new(Served { local, connection, age });
    wire::serve(io, protocol, is_encrypted, service, draining).await;
}

/// The requests of one connection.
struct Served {
    local: Rc<Local>,
    connection: Connection,
    age: Duration,
}

impl wire::Service for Served {
    fn limits(&self) -> Limits {
        Limits { age: self.age, ..self.local.given.live.limits() }
    }

    async fn request(self: Rc<Self>, head: RequestHead, body: Option<BodyStream>, client: impl Client + 'static) {
        if self.is_overloaded() {
            drop((head, body));
            let detail = "This instance has all the work that it can hold. Try again later.";
            return self.refuse_with(Problem::new(Code::Overloaded, detail), client).await;
        }
        let _flight = self.local.given.drain.takes_off();
        let live = self.local.given.live.current();
        let (address, connect_timeout) = live.app();
        let app = self.local.pools.app(address, live.app_protocol(), connect_timeout);
        let request = Request { head, body };
        pipeline::handle(&self.local.given.context, live.rules(), &self.connection, request, client, &app).await;
    }

    async fn refuse(&self, error: HeadError, client: impl Client + 'static) {
        let mut problem = Problem::new(code_of(error), error.to_string());
        if error == HeadError::UpgradeVersion {
            problem = problem.with_field("sec-websocket-version", "13").with_field("upgrade", "websocket");
        }
        self.refuse_with(problem, client).await;
    }
}

impl Served {
    /// Whether one request more might be one too many: refusing it is cheaper than running out.
    fn is_overloaded(&self) -> bool {
        self.local.given.drain.in_flight() >= MAX_IN_FLIGHT || wire::held_bytes() >= MAX_HELD
    }

    async fn refuse_with(&self, problem: Problem, client: impl Client + 'static) {
        let _flight = self.local.given.drain.takes_off();
        let live = self.local.given.live.current();
        pipeline::refuse(&self.local.given.context, live.rules(), &self.connection, problem, client).await;
    }
}

fn code_of(error: HeadError) -> Code {
    match error {
        HeadError::Late => Code::HeadTimeout,
        HeadError::TargetTooLong => Code::UrlTooLong,
        HeadError::TooLarge | HeadError::TooManyFields => Code::HeadersTooLarge,
        HeadError::HostMissing => Code::HostMissing,
        HeadError::Method => Code::MethodUnsupported,
        HeadError::Version => Code::VersionUnsupported,
        HeadError::Expectation => Code::ExpectationFailed,
        HeadError::UpgradeVersion => Code::WebsocketVersion,
        HeadError::Malformed(_)
        | HeadError::HostInvalid
        | HeadError::Target
        | HeadError::TargetBytes
        | HeadError::Framing
        | HeadError::ContentLength
        | HeadError::Connection
        | HeadError::Te
        | HeadError::UpgradeInvalid => Code::RequestMalformed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size<A, B, F: Future>(_: impl FnOnce(A, B) -> F) -> usize {
        std::mem::size_of::<F>()
    }

    #[test]
    fn what_an_idle_connection_keeps_is_small() {
        // Ten thousand of them are kept at once.
        assert!(size(serve) < 4096, "{}", size(serve));
    }
}
