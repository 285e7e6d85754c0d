//! One connection to the app.

use std::io::{ErrorKind, Result};
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;

use crate::wire::io::Inlet;
use crate::wire::traits::AppError;

/// One connection to the app.
pub(super) struct AppConnection {
    pub(super) stream: TcpStream,
    pub(super) address: SocketAddr,
    pub(super) inlet: Inlet,
    /// It served a request before: the app may end it at any moment.
    pub(super) is_used: bool,
}

impl AppConnection {
    /// Opens one.
    pub(super) async fn open(address: SocketAddr, patience: Duration) -> std::result::Result<Self, AppError> {
        let failed = |error: std::io::Error| AppError::Connect(format!("{address}: {error}"));
        let stream = tokio::time::timeout(patience, TcpStream::connect(address))
            .await
            .map_err(|_| failed(ErrorKind::TimedOut.into()))?
            .map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        Ok(Self { stream, address, inlet: Inlet::default(), is_used: false })
    }

    /// Whether it is still open, and says nothing that nobody asked for, as far as the runtime has heard. Asks the
    /// kernel only when that has something to tell.
    pub(super) fn seems_open(&self) -> bool {
        is_silent(self.stream.try_read(&mut [0]))
    }

    /// The same, asked of the kernel itself: what the runtime has heard may be a moment old.
    pub(super) fn is_open(&self) -> bool {
        is_silent(socket2::SockRef::from(&self.stream).peek(&mut [MaybeUninit::uninit()]))
    }
}

fn is_silent(read: Result<usize>) -> bool {
    matches!(read, Err(error) if error.kind() == ErrorKind::WouldBlock)
}
