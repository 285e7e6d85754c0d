//! A small HTTP/1.1 client, over TLS or not: every answer is taken as it is, nothing is followed or retried.

use std::convert::Infallible;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full, Limited, StreamBody};
use hyper::body::Frame;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{HeaderMap, Request, Response, Uri};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// The longest that one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most that is read of an answer, in bytes.
const MOST: usize = 1 << 20;
/// The size of one piece of a body without a length, in bytes.
const PIECE: usize = 16 << 10;

/// Whom to ask.
#[derive(Clone)]
pub struct Target {
    uri: Uri,
    resolve: Option<IpAddr>,
    tls: Option<TlsConnector>,
}

/// What to ask.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    /// The method.
    pub method: &'a str,
    /// The path with its query.
    pub path: &'a str,
    /// Fields beside Host and those of the body.
    pub headers: Vec<(&'a str, String)>,
    /// The body.
    pub body: Payload,
}

/// A body of zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// None.
    None,
    /// So many bytes, said in Content-Length.
    Declared(usize),
    /// So many bytes, chunked.
    Chunked(usize),
}

/// What was answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

type Body = BoxBody<Bytes, Infallible>;

/// An open connection.
pub struct Connection {
    sender: SendRequest<Body>,
    authority: String,
}

impl Target {
    /// A URL; over TLS the certificate must be of the CA in that file. `resolve` replaces what the name resolves to.
    ///
    /// # Errors
    /// When the URL is none, or the file holds no certificate.
    pub fn new(url: &str, ca: Option<&Path>, resolve: Option<IpAddr>) -> anyhow::Result<Self> {
        let uri: Uri = url.parse().with_context(|| format!("\"{url}\" is no URL: write https://HOST[:PORT]"))?;
        let tls = match (uri.scheme_str(), ca) {
            (Some("http"), _) => None,
            (Some("https"), Some(ca)) => Some(connector(ca)?),
            (Some("https"), None) => bail!("name the CA's certificate of {url} with --cacert FILE"),
            _ => bail!("\"{url}\" is no URL: write https://HOST[:PORT]"),
        };
        if uri.host().is_none() {
            bail!("\"{url}\" names no host: write https://HOST[:PORT]");
        }
        Ok(Self { uri, resolve, tls })
    }

    /// Asks on a connection of its own.
    ///
    /// # Errors
    /// When there is no connection or no answer.
    pub async fn send(&self, ask: Ask<'_>) -> anyhow::Result<Answer> {
        self.open().await?.send(ask).await
    }

    /// Opens a connection.
    ///
    /// # Errors
    /// When nobody listens, or the certificate is not of the CA.
    pub async fn open(&self) -> anyhow::Result<Connection> {
        let opening = tokio::time::timeout(PATIENCE, self.connect());
        opening.await.with_context(|| format!("{} does not answer", self.uri))?
    }

    async fn connect(&self) -> anyhow::Result<Connection> {
        let host = self.uri.host().unwrap_or_default();
        let port = self.uri.port_u16().unwrap_or(if self.tls.is_some() { 443 } else { 80 });
        let stream = match self.resolve {
            Some(address) => TcpStream::connect((address, port)).await,
            None => TcpStream::connect((host.trim_matches(['[', ']']), port)).await,
        };
        let stream = stream.with_context(|| format!("cannot connect to {}", self.uri))?;
        let authority = self.uri.authority().map(ToString::to_string).unwrap_or_default();
        match &self.tls {
            None => Connection::over(TokioIo::new(stream), authority).await,
            Some(tls) => {
                let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())?;
                let stream = tls.connect(name, stream).await;
                let stream = stream.with_context(|| format!("no TLS with {}", self.uri))?;
                Connection::over(TokioIo::new(stream), authority).await
            }
        }
    }
}

impl Connection {
    async fn over<S>(stream: S, authority: String) -> anyhow::Result<Self>
    where
        S: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
    {
        let (sender, connection) = handshake(stream).await?;
        // Its end is told by the next request on it.
        tokio::spawn(async move { drop(connection.await) });
        Ok(Self { sender, authority })
    }

    /// Asks on this connection.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn send(&mut self, ask: Ask<'_>) -> anyhow::Result<Answer> {
        let Ask { method, path, headers, body } = ask;
        let mut request = Request::builder().method(method).uri(path).header("host", &self.authority);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(payload(body)).with_context(|| format!("{method} {path} is no request"))?;
        let asking = async {
            self.sender.ready().await?;
            read(self.sender.send_request(request).await?).await
        };
        let answer = tokio::time::timeout(PATIENCE, asking).await;
        answer.with_context(|| format!("{method} {path}: no answer"))?.with_context(|| format!("{method} {path}"))
    }

    /// Whether one more request can be asked.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }
}

impl Answer {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A field's value, empty where it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// A member of a problem document (RFC 9457), empty where there is none.
    #[must_use]
    pub fn problem(&self, member: &str) -> String {
        let problem = serde_json::from_slice::<serde_json::Value>(&self.body).unwrap_or_default();
        problem.get(member).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    }
}

async fn read(response: Response<hyper::body::Incoming>) -> anyhow::Result<Answer> {
    let (head, body) = response.into_parts();
    let body = Limited::new(body, MOST).collect().await.map_err(|error| anyhow::anyhow!(error))?.to_bytes();
    Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
}

fn payload(payload: Payload) -> Body {
    match payload {
        Payload::None => Empty::new().boxed(),
        Payload::Declared(length) => Full::new(Bytes::from(vec![0; length])).boxed(),
        Payload::Chunked(length) => {
            let piece = Bytes::from(vec![0; PIECE]);
            let pieces = (0..length.div_ceil(PIECE)).map(move |_| Ok(Frame::data(piece.clone())));
            BodyExt::boxed(StreamBody::new(futures::stream::iter(pieces)))
        }
    }
}

fn connector(ca: &Path) -> anyhow::Result<TlsConnector> {
    let shown = ca.display();
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(ca).with_context(|| format!("cannot read {shown}"))?;
    for certificate in certificates {
        roots.add(certificate.with_context(|| format!("{shown} is no PEM"))?)?;
    }
    if roots.is_empty() {
        bail!("{shown} holds no certificate: name the CA's PEM file");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth())))
}
