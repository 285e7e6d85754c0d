//! The app's end of an upgraded connection.

use std::io::Result;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connection::AppConnection;

/// The app's end of an upgraded connection: what came behind its answer is read first.
pub(super) struct AppTunnel(AppConnection);

impl AppTunnel {
    pub(super) fn new(connection: AppConnection) -> Self {
        Self(connection)
    }
}

impl AsyncRead for AppTunnel {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let AppConnection { stream, inlet, .. } = &mut self.0;
        let held = inlet.bytes().len().min(buffer.remaining());
        if held > 0 {
            buffer.put_slice(&inlet.take(held));
            return Poll::Ready(Ok(()));
        }
        Pin::new(stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for AppTunnel {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        Pin::new(&mut self.0.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.0.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.0.stream).poll_shutdown(context)
    }
}
