//! Connections to the app, kept for the next request: the youngest first, none older than the app would keep it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::client::conn::http1::SendRequest;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::hyper_app_io::AppRequestBody;

/// How long a connection waits for its next request: below Node's 5 s, the shortest default among servers.
const IDLE: Duration = Duration::from_secs(4);
/// Connections that wait; beyond, they are closed.
const MOST: usize = 1024;

/// A connection to the app. Dropping it closes it, and with it cancels what the app does for it.
pub(super) struct AppConnection {
    pub(super) sender: SendRequest<AppRequestBody>,
    pub(super) address: SocketAddr,
    /// Whether a byte of an answer came since the last request was sent.
    pub(super) heard: Arc<AtomicBool>,
    /// A second handle of the socket, to look for its end without waiting.
    pub(super) socket: std::net::TcpStream,
    pub(super) task: Task,
}

/// A task that ends when nobody holds it.
pub(super) struct Task(pub(super) JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl AppConnection {
    /// Whether the app has not closed it, and says nothing that nobody asked for.
    fn is_open(&self) -> bool {
        let quiet = matches!(self.socket.peek(&mut [0]), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock);
        quiet && self.sender.is_ready() && !self.task.0.is_finished()
    }
}

/// Connections to the app that wait for a request. One per worker.
#[derive(Default)]
pub struct AppPool {
    waiting: Mutex<Vec<(Instant, AppConnection)>>,
    has_sweeper: AtomicBool,
}

impl AppPool {
    /// The youngest connection that is still open.
    pub(super) fn take(&self, address: SocketAddr) -> Option<AppConnection> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((since, connection)) = waiting.pop() {
            if since.elapsed() >= IDLE {
                // All below it are older.
                waiting.clear();
                return None;
            }
            if connection.address == address && connection.is_open() {
                return Some(connection);
            }
        }
        None
    }

    /// Keeps a connection whose exchange is over.
    pub(super) fn put(self: &Arc<Self>, connection: AppConnection) {
        connection.heard.store(false, Relaxed);
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MOST && !connection.sender.is_closed() {
            waiting.push((Instant::now(), connection));
            drop(waiting);
            self.sweep_later();
        }
    }

    /// Closes what waited too long. Runs only while something waits: an idle sidecar wakes nobody.
    fn sweep_later(self: &Arc<Self>) {
        if self.has_sweeper.swap(true, Relaxed) {
            return;
        }
        let pool = Arc::clone(self);
        tokio::task::spawn_local(async move {
            while let Some(oldest) = pool.sweep() {
                tokio::time::sleep_until(oldest + IDLE).await;
            }
        });
    }

    /// Closes what waited too long; the moment since which the oldest of the others waits.
    fn sweep(&self) -> Option<Instant> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let young = waiting.partition_point(|(since, _)| since.elapsed() >= IDLE);
        waiting.drain(..young);
        let oldest = waiting.first().map(|(since, _)| *since);
        self.has_sweeper.store(oldest.is_some(), Relaxed);
        oldest
    }
}
