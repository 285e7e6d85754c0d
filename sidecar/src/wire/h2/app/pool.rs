//! The connections of one worker to the app: one as long as that has room for all streams.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::connection::{AppConnection, Lease};
use crate::wire::traits::AppError;

/// Connections at once; beyond, requests wait for a stream.
const MOST: usize = 4;

/// The connections of one worker to the app.
#[derive(Default)]
pub struct H2Pool {
    connections: RefCell<Vec<Rc<AppConnection>>>,
    /// Held while one opens: requests that come at the same moment share it.
    opening: Mutex<()>,
}

impl H2Pool {
    /// A place on a connection to that address.
    ///
    /// # Errors
    /// When none could be opened within `timeout`.
    pub(super) async fn take(&self, address: SocketAddr, timeout: Duration) -> Result<Lease, AppError> {
        if let Some(connection) = self.with_room(address) {
            return Ok(connection.lease());
        }
        let _opening = self.opening.lock().await;
        if let Some(connection) = self.with_room(address) {
            return Ok(connection.lease());
        }
        if let Some(connection) = self.when_full() {
            return Ok(connection.lease());
        }
        let connection = AppConnection::open(address, timeout).await?;
        self.connections.borrow_mut().push(Rc::clone(&connection));
        Ok(connection.lease())
    }

    /// The oldest connection that can carry one more stream. Those that end, or lead elsewhere, are let go.
    fn with_room(&self, address: SocketAddr) -> Option<Rc<AppConnection>> {
        let mut connections = self.connections.borrow_mut();
        connections.retain(|connection| connection.is_open() && connection.address == address);
        connections.iter().find(|connection| connection.room() > 0).map(Rc::clone)
    }

    /// The connection that carries least, where no more may be opened.
    fn when_full(&self) -> Option<Rc<AppConnection>> {
        let connections = self.connections.borrow();
        let least = connections.iter().min_by_key(|connection| connection.streams());
        least.filter(|_| connections.len() >= MOST).map(Rc::clone)
    }
}
