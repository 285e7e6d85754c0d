//! A connection's bytes, and the way to make its end look like what it is.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// A client's connection.
pub trait Transport: AsyncRead + AsyncWrite + Unpin + 'static {
    /// Lets the connection end with a reset when it is dropped: what was sent on it must not look whole.
    fn break_off(&self);
}

impl Transport for TcpStream {
    fn break_off(&self) {
        // Without it the connection merely ends as any other: nothing more can be done.
        let _ = socket2::SockRef::from(self).set_linger(Some(std::time::Duration::ZERO));
    }
}

impl<T: Transport> Transport for TlsStream<T> {
    fn break_off(&self) {
        self.get_ref().0.break_off();
    }
}

impl<T: Transport> Transport for Box<T> {
    fn break_off(&self) {
        self.as_ref().break_off();
    }
}

#[cfg(test)]
impl Transport for tokio::io::DuplexStream {
    fn break_off(&self) {}
}
