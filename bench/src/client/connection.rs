//! One HTTP/1.1 connection of a client, plain or over TLS 1.3, and an exchange on it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustls::{ClientConfig, HandshakeKind};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::message::{self, Head};

/// How long a connection or an answer may take before it counts as failed.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// What a connection reads at once; an answer of 1 KB fits with room.
const BUFFER: usize = 16 * 1024;
/// Clients of a real service have addresses of their own: limits and logs see so many different ones.
const ADDRESSES: usize = 60;

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

impl Target {
    /// A TCP connection from one of the addresses of loopback; `client` counts through 60 of them.
    ///
    /// # Errors
    /// When there is none.
    pub async fn tcp(&self, client: usize) -> Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        let last = u8::try_from(client % ADDRESSES + 1).unwrap_or(1);
        socket.bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 1, 0, last)), 0))?;
        let stream = socket.connect(self.address).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// TLS over such a connection.
    ///
    /// # Errors
    /// When there is no handshake.
    pub async fn tls(&self, tls: &Arc<ClientConfig>, client: usize) -> Result<TlsStream<TcpStream>> {
        let name = ServerName::IpAddress(self.address.ip().into());
        Ok(TlsConnector::from(Arc::clone(tls)).connect(name, self.tcp(client).await?).await?)
    }
}

impl Connection {
    /// Opens a connection; `client` counts through the addresses of loopback.
    ///
    /// # Errors
    /// When there is no connection, or no handshake, in time.
    pub async fn open(target: &Target, client: usize) -> Result<Self> {
        let open = async {
            let stream = match &target.tls {
                None => Stream::Plain(target.tcp(client).await?),
                Some(tls) => Stream::Tls(Box::new(target.tls(tls, client).await?)),
            };
            Ok::<_, anyhow::Error>(Self { stream, arrived: Vec::with_capacity(BUFFER) })
        };
        tokio::time::timeout(PATIENCE, open).await.context("no connection in time")?
    }

    /// Whether the handshake was shortened by a ticket of an earlier one.
    #[must_use]
    pub fn is_resumed(&self) -> bool {
        match &self.stream {
            Stream::Plain(_) => false,
            Stream::Tls(stream) => stream.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed),
        }
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// When the connection ends before the answer does, or the answer cannot be read.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.send(request).await?;
        let head = self.receive().await?;
        self.answer(head)
    }

    /// Sends a head that announces a body, and the body where it is asked for (RFC 9110 section 10.1.1).
    ///
    /// # Errors
    /// When the connection ends before the answer does, or the answer cannot be read.
    pub async fn expect(&mut self, head: &[u8], body: &[u8]) -> Result<Answer<'_>> {
        self.stream.send(head).await?;
        let mut head = self.receive().await?;
        if self.answer(head)?.status == 100 {
            // A proxy may refuse and close in the middle: its answer is read all the same.
            let _ = self.stream.send(body).await;
            head = self.receive().await?;
        }
        self.answer(head)
    }

    /// Waits until the proxy closes, as it said it would: who closes first pays for the closing.
    ///
    /// # Errors
    /// When it sends more, or does not close in time.
    pub async fn end(mut self) -> Result<()> {
        self.arrived.clear();
        match tokio::time::timeout(PATIENCE, self.stream.read(&mut self.arrived)).await? {
            // Without a closing alert rustls tells of an unexpected end: an end all the same.
            Ok(0) | Err(_) => Ok(()),
            Ok(_) => bail!("bytes came after the last answer"),
        }
    }

    /// Reads a whole answer.
    async fn receive(&mut self) -> Result<Head> {
        self.arrived.clear();
        let head = loop {
            if let Some(head) = message::head(&self.arrived)? {
                break head;
            }
            self.fill().await?;
        };
        while self.arrived.len() < head.message() {
            self.fill().await?;
        }
        Ok(head)
    }

    fn answer(&self, head: Head) -> Result<Answer<'_>> {
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
