//! A plain HTTP client for tests: one connection a request, HTTP/1.1, over TLS where a CA is given.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;

/// How long any one request may take; a test that waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends requests to one address, under one host name.
#[derive(Clone)]
pub struct Client {
    address: SocketAddr,
    host: String,
    from: Option<IpAddr>,
    tls: Option<Arc<ClientConfig>>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The fields.
    pub fields: hyper::HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// A field's text.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.to_str().ok()
    }

    /// A member of the body, read as JSON.
    #[must_use]
    pub fn member(&self, name: &str) -> serde_json::Value {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body.get(name).cloned().unwrap_or_default()
    }

    /// The problem's code, where the answer is a problem document.
    #[must_use]
    pub fn code(&self) -> String {
        self.member("code").as_str().unwrap_or_default().to_owned()
    }
}

/// A request's body.
#[derive(Debug, Clone)]
pub enum Payload {
    /// With its length declared.
    Sized(Vec<u8>),
    /// Chunked, in pieces of 16 KiB.
    Chunked(Vec<u8>),
}

impl Client {
    /// A client; `ca` is PEM, and without it requests go in plain text.
    ///
    /// # Errors
    /// When the CA cannot be read.
    pub fn new(address: SocketAddr, host: &str, ca: Option<&str>) -> Result<Self> {
        let tls = ca.map(trust).transpose()?;
        Ok(Self { address, host: host.to_owned(), from: None, tls })
    }

    /// The same client, from another address of this machine.
    #[must_use]
    pub fn from(&self, address: IpAddr) -> Self {
        Self { from: Some(address), ..self.clone() }
    }

    async fn connect(&self) -> std::io::Result<TcpStream> {
        let socket = if self.address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        if let Some(from) = self.from {
            socket.bind(SocketAddr::new(from, 0))?;
        }
        socket.connect(self.address).await
    }

    /// GET.
    ///
    /// # Errors
    /// When there is no whole answer.
    pub async fn get(&self, path: &str, fields: &[(&str, &str)]) -> Result<Answer> {
        self.send("GET", path, fields, Payload::Sized(Vec::new())).await
    }

    /// Any request.
    ///
    /// # Errors
    /// When there is no whole answer.
    pub async fn send(&self, method: &str, path: &str, fields: &[(&str, &str)], body: Payload) -> Result<Answer> {
        let work = async {
            let stream = self.connect().await.with_context(|| format!("connecting to {}", self.address))?;
            match &self.tls {
                None => self.exchange(TokioIo::new(stream), method, path, fields, body).await,
                Some(tls) => {
                    let name = ServerName::try_from(self.host.clone())?;
                    let stream = TlsConnector::from(Arc::clone(tls)).connect(name, stream).await.context("TLS")?;
                    self.exchange(TokioIo::new(stream), method, path, fields, body).await
                }
            }
        };
        tokio::time::timeout(PATIENCE, work)
            .await
            .with_context(|| format!("{method} {path}: no answer in {PATIENCE:?}"))?
    }

    async fn exchange<S>(
        &self,
        io: TokioIo<S>,
        method: &str,
        path: &str,
        fields: &[(&str, &str)],
        body: Payload,
    ) -> Result<Answer>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await?;
        tokio::spawn(connection);
        let mut request =
            Request::builder().method(Method::from_bytes(method.as_bytes())?).uri(path).header("host", &self.host);
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let body = match body {
            Payload::Sized(bytes) => Full::new(Bytes::from(bytes)).boxed(),
            Payload::Chunked(bytes) => {
                let pieces: Vec<_> =
                    bytes.chunks(16 << 10).map(|piece| Ok(Frame::data(Bytes::copy_from_slice(piece)))).collect();
                StreamBody::new(futures::stream::iter(pieces)).boxed()
            }
        };
        let answer = sender.send_request(request.body(body)?).await?;
        let (head, body) = answer.into_parts();
        Ok(Answer { status: head.status.as_u16(), fields: head.headers, body: body.collect().await?.to_bytes() })
    }
}

fn trust(ca: &str) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca.as_bytes()) {
        roots.add(certificate?)?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}
