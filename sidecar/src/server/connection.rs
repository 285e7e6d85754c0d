//! One connection of a client: the handshake, the protocol it chose, and its requests into the pipeline.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::drain::Drain;
use crate::facts::{Connection, Request};
use crate::live_config::LiveConfig;
use crate::pipeline::{self, WorkerContext};
use crate::problem::{Code, Problem};
use crate::telemetry::metrics::SidecarMetrics;
use crate::wire::{self, AppPools, BodyStream, Client, HeadError, Limits, Protocol, RequestHead};

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a connection lives before it ends gently, so that pods that were added receive traffic; up to a tenth
/// more, so that connections of one moment do not all come back at another.
const AGE: Duration = Duration::from_secs(3600);

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

/// A connection that was just accepted.
pub struct Accepted {
    /// The socket.
    pub stream: std::net::TcpStream,
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
    let opened = stream.set_nodelay(true).and_then(|()| stream.local_addr());
    let Ok((here, stream)) = opened.and_then(|here| Ok((here, TcpStream::from_std(stream)?))) else { return };
    match port {
        Port::Http => {
            let connection = Connection { peer, local: here, tls: None };
            wire_up(stream, Protocol::Http1, connection, local).await;
        }
        Port::Https => {
            let Some(stream) = handshake(stream, &local).await else { return };
            let (_, session) = stream.get_ref();
            let is_h2 = session.alpn_protocol() == Some(b"h2");
            let protocol = if is_h2 { Protocol::Http2 } else { Protocol::Http1 };
            let tls = match session.protocol_version() {
                Some(rustls::ProtocolVersion::TLSv1_2) => "TLSv1.2",
                _ => "TLSv1.3",
            };
            // A session is large, and every function that it is handed to keeps a place for it: a pointer is small.
            let stream = Box::new(stream);
            wire_up(stream, protocol, Connection { peer, local: here, tls: Some(tls) }, local).await;
        }
    }
}

async fn handshake(stream: TcpStream, local: &Local) -> Option<TlsStream<TcpStream>> {
    let acceptor = TlsAcceptor::from(Arc::clone(local.given.live.current().tls()));
    let outcome = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await;
    let is_fine = matches!(outcome, Ok(Ok(_)));
    local.given.metrics.tls_handshakes.with_label_values(&[if is_fine { "ok" } else { "failed" }]).inc();
    outcome.ok()?.ok()
}

async fn wire_up<I>(io: I, protocol: Protocol, connection: Connection, local: Rc<Local>)
where
    I: wire::Transport,
{
    let draining = local.given.drain.began();
    let age = AGE + AGE.mul_f64(fastrand::f64() / 10.0);
    let service = Rc::new(Served { local, connection, age });
    wire::serve(io, protocol, connection.tls.is_some(), service, draining).await;
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

    async fn request(&self, head: RequestHead, body: Option<BodyStream>, client: impl Client + 'static) {
        let _flight = self.local.given.drain.takes_off();
        let live = self.local.given.live.current();
        let (address, connect_timeout) = live.app();
        let app = self.local.pools.app(address, live.app_protocol(), connect_timeout);
        let request = Request { head, body };
        pipeline::handle(&self.local.given.context, live.rules(), &self.connection, request, client, &app).await;
    }

    async fn refuse(&self, error: HeadError, client: impl Client + 'static) {
        let _flight = self.local.given.drain.takes_off();
        let live = self.local.given.live.current();
        let mut problem = Problem::new(code_of(error), error.to_string());
        if error == HeadError::UpgradeVersion {
            problem = problem.with_field("sec-websocket-version", "13").with_field("upgrade", "websocket");
        }
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
