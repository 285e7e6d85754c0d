//! Connections to the app that wait for their next request. One pool per worker.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

use super::connection::AppConnection;

/// How long a connection may wait: below the 5 s after which Node closes, so that it is seldom closed while a request
/// is on its way.
const IDLE: Duration = Duration::from_secs(4);
/// Connections that may wait at once.
const MOST: usize = 512;

/// Connections to the app that wait for their next request.
#[derive(Default)]
pub struct AppPool {
    waiting: RefCell<Vec<(Instant, AppConnection)>>,
    has_sweeper: Cell<bool>,
}

impl AppPool {
    /// The connection that was used last, if it is still open; `surely` for a request that cannot be repeated.
    pub(super) fn take(&self, address: SocketAddr, surely: bool) -> Option<AppConnection> {
        let mut waiting = self.waiting.try_borrow_mut().ok()?;
        while let Some((since, connection)) = waiting.pop() {
            if since.elapsed() >= IDLE {
                // All below it are older.
                waiting.clear();
                return None;
            }
            let is_open = if surely { connection.is_open() } else { connection.seems_open() };
            if connection.address == address && is_open {
                return Some(connection);
            }
        }
        None
    }

    /// Keeps a connection whose exchange is over.
    pub(super) fn put(self: &Rc<Self>, mut connection: AppConnection) {
        connection.is_used = true;
        let Ok(mut waiting) = self.waiting.try_borrow_mut() else { return };
        if waiting.len() < MOST {
            waiting.push((Instant::now(), connection));
            drop(waiting);
            self.sweep_later();
        }
    }

    /// Closes what waited too long. Runs only while something waits: an idle sidecar wakes nobody.
    fn sweep_later(self: &Rc<Self>) {
        if self.has_sweeper.replace(true) {
            return;
        }
        let pool = Rc::clone(self);
        tokio::task::spawn_local(async move {
            while let Some(oldest) = pool.sweep() {
                tokio::time::sleep_until(oldest + IDLE).await;
            }
            pool.has_sweeper.set(false);
        });
    }

    /// Closes what waited too long; the moment since which the oldest of the others waits.
    fn sweep(&self) -> Option<Instant> {
        let mut waiting = self.waiting.try_borrow_mut().ok()?;
        let young = waiting.partition_point(|(since, _)| since.elapsed() >= IDLE);
        waiting.drain(..young);
        waiting.first().map(|(since, _)| *since)
    }
}
