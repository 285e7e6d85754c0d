//! Connections to the sidecar on which anything can be sent.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// How long a connection may take to be made.
const PATIENCE: Duration = Duration::from_secs(10);

/// Something that is read and written.
pub trait Io: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

/// A connection, in plain text or TLS.
pub type Stream = Box<dyn Io>;

/// What is offered in the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alpn {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
}

/// Whom a client trusts; opens TLS connections.
#[derive(Clone)]
pub struct Trust {
    http1: Arc<ClientConfig>,
    http2: Arc<ClientConfig>,
}

impl Trust {
    /// Trusts one CA, PEM. Every connection is a full handshake.
    ///
    /// # Errors
    /// When it is none.
    pub fn new(ca: &str) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(ca.as_bytes()) {
            roots.add(certificate?)?;
        }
        let make = |alpn: &[u8]| -> Result<Arc<ClientConfig>> {
            let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
            let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
            let mut config = config.with_root_certificates(roots.clone()).with_no_client_auth();
            config.alpn_protocols = vec![alpn.to_vec()];
            config.resumption = rustls::client::Resumption::disabled();
            Ok(Arc::new(config))
        };
        Ok(Self { http1: make(b"http/1.1")?, http2: make(b"h2")? })
    }

    /// How a client of that protocol is configured.
    pub fn config(&self, alpn: Alpn) -> Arc<ClientConfig> {
        Arc::clone(if alpn == Alpn::Http1 { &self.http1 } else { &self.http2 })
    }

    /// A connection over TLS.
    ///
    /// # Errors
    /// When it is refused, or not made in time.
    pub async fn tls(&self, address: SocketAddr, alpn: Alpn) -> Result<TlsStream<TcpStream>> {
        self.over(plain(address).await?, alpn).await
    }

    /// TLS over a connection.
    ///
    /// # Errors
    /// When the handshake fails.
    pub async fn over(&self, stream: TcpStream, alpn: Alpn) -> Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from("localhost")?;
        let handshake = TlsConnector::from(self.config(alpn)).connect(name, stream);
        tokio::time::timeout(PATIENCE, handshake).await.context("no TLS handshake in time")?.context("TLS handshake")
    }
}

/// A connection in plain text.
///
/// # Errors
/// When it is refused, or not made in time.
pub async fn plain(address: SocketAddr) -> Result<TcpStream> {
    let connecting = TcpStream::connect(address);
    let stream = tokio::time::timeout(PATIENCE, connecting).await.context("no connection in time")?;
    let stream = stream.with_context(|| format!("connecting to {address}"))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A connection in plain text whose kernel keeps next to nothing that was not read.
///
/// # Errors
/// When it is refused, or not made in time.
pub async fn narrow(address: SocketAddr) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4096)?;
    let connecting = socket.connect(address);
    Ok(tokio::time::timeout(PATIENCE, connecting).await.context("no connection in time")??)
}
