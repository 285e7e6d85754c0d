//! Clients: HTTP/1 and HTTP/2 over TLS or plain, and bare bytes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub type Body = BoxBody<Bytes, std::convert::Infallible>;

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A connection of HTTP/1.1.
pub struct Http1(http1::SendRequest<Body>);

/// A connection of HTTP/2.
#[derive(Clone)]
pub struct Http2(http2::SendRequest<Body>);

/// Opens TLS, trusting one certificate.
pub async fn tls(
    address: SocketAddr,
    certificate: &str,
    alpn: &[&str],
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> std::io::Result<TlsStream<TcpStream>> {
    tls_by(address, &tls_config(certificate, alpn, versions)).await
}

/// Opens TLS; connections of one configuration resume each other's sessions.
pub async fn tls_by(address: SocketAddr, config: &Arc<rustls::ClientConfig>) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    TlsConnector::from(Arc::clone(config)).connect(ServerName::try_from("localhost").unwrap(), stream).await
}

/// TLS that trusts one certificate.
pub fn tls_config(
    certificate: &str,
    alpn: &[&str],
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> Arc<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    Arc::new(config)
}

impl Http1 {
    pub async fn plain(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap()).await
    }

    pub async fn secure(address: SocketAddr, certificate: &str) -> Self {
        Self::over(tls(address, certificate, &["http/1.1"], rustls::ALL_VERSIONS).await.unwrap()).await
    }

    pub async fn post(&mut self, path: &str, body: &str) -> hyper::Result<Answer> {
        let body = Full::new(Bytes::copy_from_slice(body.as_bytes())).boxed();
        whole(self.open(Request::post(path).header("host", "localhost").body(body).unwrap()).await?).await
    }

    /// A connection, if one is accepted.
    pub async fn plain_if_open(address: SocketAddr) -> Option<Self> {
        Some(Self::over(TcpStream::connect(address).await.ok()?).await)
    }

    async fn over(io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Self {
        let (sender, connection) = http1::handshake(TokioIo::new(io)).await.unwrap();
        tokio::spawn(connection);
        Self(sender)
    }

    pub async fn get(&mut self, path: &str) -> hyper::Result<Answer> {
        whole(self.open(Request::get(path).header("host", "localhost").body(empty()).unwrap()).await?).await
    }

    pub async fn open(&mut self, request: Request<Body>) -> hyper::Result<Response<Incoming>> {
        self.0.ready().await?;
        self.0.send_request(request).await
    }
}

impl Http2 {
    pub async fn secure(address: SocketAddr, certificate: &str) -> Self {
        let io = tls(address, certificate, &["h2"], rustls::ALL_VERSIONS).await.unwrap();
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(io)).await.unwrap();
        tokio::spawn(connection);
        Self(sender)
    }

    pub async fn get(&mut self, path: &str) -> hyper::Result<Answer> {
        let request = Request::get(format!("https://localhost{path}")).body(empty()).unwrap();
        whole(self.open(request).await?).await
    }

    pub async fn open(&mut self, request: Request<Body>) -> hyper::Result<Response<Incoming>> {
        self.0.ready().await?;
        self.0.send_request(request).await
    }
}

pub fn empty() -> Body {
    Full::new(Bytes::new()).boxed()
}

/// Reads an answer to its end.
pub async fn whole(response: Response<Incoming>) -> hyper::Result<Answer> {
    let (parts, body) = response.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
}

/// Sends bytes on a plain connection and reads until it is closed, for at most 20 s.
pub async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    read_all(&mut stream).await
}

/// Reads until the other side closes, for at most 20 s.
pub async fn read_all(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut all = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut all)).await;
    assert!(read.is_ok(), "the connection stayed open: {}", String::from_utf8_lossy(&all));
    String::from_utf8_lossy(&all).into_owned()
}
