//! One connection of a client, plain or over TLS 1.3, and an exchange on it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::message;

/// How long a connection or an answer may take before it counts as failed.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// What a connection reads at once; an answer of 1 KB fits with room.
const BUFFER: usize = 16 * 1024;

/// Where a client connects to, and how.
#[derive(Clone)]
pub struct Target {
    /// The proxy's address.
    pub address: SocketAddr,
    /// Over TLS, where given.
    pub tls: Option<Arc<ClientConfig>>,
}

/// An open connection.
pub struct Connection {
    stream: Stream,
    arrived: Vec<u8>,
}

/// An answer, as it came.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// Its status.
    pub status: u16,
    /// Its head.
    pub head: &'a [u8],
    /// Its body.
    pub body: &'a [u8],
    /// Whether the connection ends with it.
    pub closes: bool,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection {
    /// Opens a connection from one of the addresses of loopback; `client` counts through 60 of them.
    ///
    /// # Errors
    /// When there is no connection, or no handshake, in time.
    pub async fn open(target: &Target, client: usize) -> Result<Self> {
        let open = async {
            let socket = TcpSocket::new_v4()?;
            // Clients of a real service have addresses of their own: limits and logs see different ones.
            let last = u8::try_from(client % 60 + 1).unwrap_or(1);
            socket.bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 1, 0, last)), 0))?;
            let stream = socket.connect(target.address).await?;
            stream.set_nodelay(true)?;
            let stream = match &target.tls {
                None => Stream::Plain(stream),
                Some(tls) => {
                    let name = ServerName::IpAddress(target.address.ip().into());
                    Stream::Tls(Box::new(TlsConnector::from(Arc::clone(tls)).connect(name, stream).await?))
                }
            };
            Ok::<_, anyhow::Error>(Self { stream, arrived: Vec::with_capacity(BUFFER) })
        };
        tokio::time::timeout(PATIENCE, open).await.context("no connection in time")?
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// When the connection ends before the answer does, or the answer cannot be read.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.arrived.clear();
        self.stream.send(request).await?;
        let head = loop {
            if let Some(head) = message::head(&self.arrived)? {
                break head;
            }
            self.fill().await?;
        };
        while self.arrived.len() < head.message() {
            self.fill().await?;
        }
        let (text, body) = self.arrived.split_at_checked(head.length).context("an answer without a head")?;
        let status = message::status(text).context("an answer without a status")?;
        Ok(Answer { status, head: text, body, closes: head.closes })
    }

    async fn fill(&mut self) -> Result<()> {
        if self.stream.read(&mut self.arrived).await? == 0 {
            bail!("the connection ended before the answer did");
        }
        Ok(())
    }
}

impl Stream {
    async fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Plain(stream) => stream.write_all(bytes).await,
            Self::Tls(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
        }
    }

    async fn read(&mut self, into: &mut Vec<u8>) -> std::io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read_buf(into).await,
            Self::Tls(stream) => stream.read_buf(into).await,
        }
    }
}

/// A GET as bytes; `fields` are whole lines.
#[must_use]
pub fn get(target: &str, fields: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nHost: bench.example\r\nAccept: application/json\r\nUser-Agent: shipshape-bench\r\n{fields}\r\n")
        .into_bytes()
}
