//! The handshake of one connection, counted by how it ended.

use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::certificates::Certificates;
use super::facts::TlsFacts;
use super::failure::{TIMEOUT, reason};
use crate::telemetry::metrics::SidecarMetrics;

/// What a session may hold of an answer that its client does not take, in bytes: two records.
const UNSENT: usize = 32 * 1024;

/// What a handshake is made with.
#[derive(Clone, Copy)]
pub struct Accepting<'a> {
    /// The configuration in force.
    pub config: &'a Arc<ServerConfig>,
    /// Its certificates.
    pub certificates: &'a Arc<Certificates>,
    /// How long the client may take.
    pub patience: Duration,
    /// Where it is counted.
    pub metrics: &'a SidecarMetrics,
}

/// Shakes hands; nothing where that failed, which was counted and, where the protocol allows, told the client.
pub async fn accept<I>(io: I, with: Accepting<'_>) -> Option<(TlsStream<I>, TlsFacts)>
where
    I: AsyncRead + AsyncWrite + Unpin,
{
    let Accepting { config, certificates, patience, metrics } = with;
    let (config, certificates) = (Arc::clone(config), Arc::clone(certificates));
    let failed = match tokio::time::timeout(patience, TlsAcceptor::from(config).accept(io)).await {
        Ok(Ok(mut stream)) => {
            stream.get_mut().1.set_buffer_limit(Some(UNSENT));
            let facts = TlsFacts::of(stream.get_ref().1, &certificates);
            metrics.handshake_succeeded(facts.version, facts.is_resumed);
            return Some((stream, facts));
        }
        Ok(Err(error)) => reason(&error),
        Err(_) => TIMEOUT,
    };
    metrics.handshake_failed(failed);
    None
}
