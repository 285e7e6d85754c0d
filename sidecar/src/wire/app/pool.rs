//! Connections to the app that wait for their next request. One pool per worker.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use super::connection::AppConnection;

/// How long a connection may wait: below the 5 s after which Node closes, so that it is seldom closed while a request
/// is on its way. It is closed at the fourth beat after it came, three to four seconds later.
const BEAT: Duration = Duration::from_secs(1);
const BEATS: u64 = 4;
/// Connections that may wait at once.
const MOST: usize = 512;

/// Connections to the app that wait for their next request.
#[derive(Default)]
pub struct AppPool {
    /// Since which beat each waits; the youngest last.
    waiting: RefCell<Vec<(u64, AppConnection)>>,
    /// Counted only while something waits, so that no request has to ask for the time.
    beat: Cell<u64>,
    has_sweeper: Cell<bool>,
}

impl AppPool {
    /// The connection that was used last, if it is still open; `surely` for a request that cannot be repeated.
    pub(super) fn take(&self, address: SocketAddr, surely: bool) -> Option<AppConnection> {
        let mut waiting = self.waiting.try_borrow_mut().ok()?;
        while let Some((_, connection)) = waiting.pop() {
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
            waiting.push((self.beat.get(), connection));
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
            loop {
                tokio::time::sleep(BEAT).await;
                pool.beat.set(pool.beat.get() + 1);
                if pool.sweep() {
                    break;
                }
            }
            pool.has_sweeper.set(false);
        });
    }

    /// Closes what waited too long; whether nothing waits any more.
    fn sweep(&self) -> bool {
        let Ok(mut waiting) = self.waiting.try_borrow_mut() else { return false };
        let young = waiting.partition_point(|(since, _)| self.beat.get() - since >= BEATS);
        waiting.drain(..young);
        waiting.is_empty()
    }
}
