//! One connection to the app: how many streams it carries, and whether it can carry one more.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use h2::{Ping, PingPong};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use crate::wire::bounds::ANSWER_HEAD;
use crate::wire::traits::AppError;

/// What the app may send ahead on one stream, and on all: no stream has to wait for another's client.
const STREAM_WINDOW: u32 = 128 * 1024;
const CONNECTION_WINDOW: u32 = 16 << 20;
/// What one stream may hold of a request that the app does not take.
const SEND_BUFFER: usize = 64 * 1024;
/// Streams at once, until the app says how many it serves.
const STREAMS: usize = 100;

/// A connection to the app.
pub(super) struct AppConnection {
    /// Where it leads.
    pub(super) address: SocketAddr,
    sender: SendRequest<Bytes>,
    streams: Cell<usize>,
    /// It takes no more requests.
    is_over: Rc<Cell<bool>>,
    /// It carried a request before.
    is_used: Cell<bool>,
    pings: Mutex<Option<PingPong>>,
}

/// A stream's place on a connection.
pub(super) struct Lease {
    /// The connection.
    pub(super) connection: Rc<AppConnection>,
    /// Whether the connection had carried a request before: the app may have closed it since.
    pub(super) was_used: bool,
}

impl AppConnection {
    /// Opens a connection; its frames are read and written beside everything else.
    pub(super) async fn open(address: SocketAddr, timeout: Duration) -> Result<Rc<Self>, AppError> {
        let failed = |error: std::io::Error| AppError::Connect(format!("{address}: {error}"));
        let stream = tokio::time::timeout(timeout, TcpStream::connect(address))
            .await
            .map_err(|_| failed(std::io::ErrorKind::TimedOut.into()))?
            .map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let (sender, mut connection) = Builder::new()
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_send_buffer_size(SEND_BUFFER)
            .max_header_list_size(ANSWER_HEAD)
            .initial_max_send_streams(STREAMS)
            .enable_push(false)
            .handshake(stream)
            .await
            .map_err(|error| AppError::Connect(format!("{address}: {error}")))?;
        let is_over = Rc::new(Cell::new(false));
        let (pings, ends) = (Mutex::new(connection.ping_pong()), Rc::clone(&is_over));
        tokio::task::spawn_local(async move {
            // What goes wrong here is told to whoever waits for an answer.
            let _ = connection.await;
            ends.set(true);
        });
        let (streams, is_used) = (Cell::new(0), Cell::new(false));
        Ok(Rc::new(Self { address, sender, streams, is_over, is_used, pings }))
    }

    /// Whether it takes requests.
    pub(super) fn is_open(&self) -> bool {
        !self.is_over.get()
    }

    /// How many streams it could carry besides those that it carries.
    pub(super) fn room(&self) -> usize {
        self.sender.current_max_send_streams().saturating_sub(self.streams.get())
    }

    /// How many streams it carries.
    pub(super) fn streams(&self) -> usize {
        self.streams.get()
    }

    /// Takes no more requests from now on.
    pub(super) fn retire(&self) {
        self.is_over.set(true);
    }

    /// A place on it.
    pub(super) fn lease(self: &Rc<Self>) -> Lease {
        self.streams.set(self.streams.get() + 1);
        Lease { connection: Rc::clone(self), was_used: self.is_used.replace(true) }
    }

    /// Ready to send, once the app has room for a stream.
    ///
    /// # Errors
    /// When the connection is over.
    pub(super) async fn ready(&self) -> Result<SendRequest<Bytes>, h2::Error> {
        self.sender.clone().ready().await
    }

    /// Whether the app takes WebSockets (RFC 8441). Its settings come before its answer to a first PING.
    pub(super) async fn takes_websockets(&self, timeout: Duration) -> bool {
        if !self.sender.is_extended_connect_protocol_enabled()
            && let Some(pings) = self.pings.lock().await.as_mut()
        {
            // Without an answer there are no settings either.
            let _ = tokio::time::timeout(timeout, pings.ping(Ping::opaque())).await;
        }
        self.sender.is_extended_connect_protocol_enabled()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let streams = &self.connection.streams;
        streams.set(streams.get().saturating_sub(1));
    }
}
