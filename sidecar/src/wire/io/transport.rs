//! A connection's bytes, and the way to make its end look like what it is.

use std::io::Write;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// The longest record of TLS, in bytes (RFC 8446 section 5.1).
const RECORD: usize = 16 * 1024;

/// A client's connection.
pub trait Transport: AsyncRead + AsyncWrite + Unpin + 'static {
    /// Lets the connection end with a reset when it is dropped: what was sent on it must not look whole.
    fn break_off(&self);

    /// Takes the last bytes together with the word that nothing follows them, to be flushed in one write; `false` where
    /// nothing was taken, because such a word is not spoken or there is no room.
    fn take_last(&mut self, bytes: &[u8]) -> bool;
}

impl Transport for TcpStream {
    fn take_last(&mut self, _: &[u8]) -> bool {
        false
    }

    fn break_off(&self) {
        // Without it the connection merely ends as any other: nothing more can be done.
        let _ = socket2::SockRef::from(self).set_linger(Some(std::time::Duration::ZERO));
    }
}

impl<T: Transport> Transport for TlsStream<T> {
    fn take_last(&mut self, bytes: &[u8]) -> bool {
        let session = self.get_mut().1;
        // With nothing before them, so few are taken whole.
        let is_taken = !session.wants_write() && bytes.len() <= RECORD && session.writer().write_all(bytes).is_ok();
        if is_taken {
            session.send_close_notify();
        }
        is_taken
    }

    fn break_off(&self) {
        self.get_ref().0.break_off();
    }
}

impl<T: Transport> Transport for Box<T> {
    fn take_last(&mut self, bytes: &[u8]) -> bool {
        self.as_mut().take_last(bytes)
    }

    fn break_off(&self) {
        self.as_ref().break_off();
    }
}

#[cfg(test)]
impl Transport for tokio::io::DuplexStream {
    fn break_off(&self) {}

    fn take_last(&mut self, _: &[u8]) -> bool {
        false
    }
}
