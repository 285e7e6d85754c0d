//! One HTTP/2 connection of a client over TLS 1.3, and an exchange on one of its streams.

use anyhow::{Context, Result};
use bytes::Bytes;
use h2::client::SendRequest;
use tokio::task::JoinHandle;

use super::connection::{PATIENCE, Target};

/// Windows so large that an answer never waits for them, in bytes.
const WINDOW: u32 = 16 << 20;

/// An open connection; it ends when this is dropped.
pub struct Http2 {
    sender: SendRequest<Bytes>,
    driver: JoinHandle<()>,
}

/// A place on a connection: one request at a time.
pub struct Stream {
    sender: SendRequest<Bytes>,
}

impl Http2 {
    /// Opens a connection; `client` counts through the addresses of loopback.
    ///
    /// # Errors
    /// When there is no connection in time, or the proxy chooses another protocol.
    pub async fn open(target: &Target, client: usize) -> Result<Self> {
        let open = async {
            let tls = target.tls.as_ref().context("HTTP/2 is measured over TLS only")?;
            let stream = target.tls(tls, client).await?;
            let chosen = stream.get_ref().1.alpn_protocol();
            anyhow::ensure!(chosen == Some(b"h2"), "the proxy does not choose h2 by ALPN");
            let mut builder = h2::client::Builder::new();
            builder.initial_window_size(WINDOW).initial_connection_window_size(WINDOW).enable_push(false);
            let (sender, connection) = builder.handshake(stream).await?;
            let driver = tokio::spawn(async move {
                // Its end shows in the streams, which count as failed.
                let _ = connection.await;
            });
            Ok(Self { sender, driver })
        };
        tokio::time::timeout(PATIENCE, open).await.context("no connection in time")?
    }

    /// One more place for requests.
    #[must_use]
    pub fn stream(&self) -> Stream {
        Stream { sender: self.sender.clone() }
    }
}

impl Drop for Http2 {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Stream {
    /// Sends a request and reads its answer to the end; tells the status and the bytes of the body.
    ///
    /// # Errors
    /// When the stream or its connection ends before the answer does.
    pub async fn exchange(&mut self, request: &http::Request<Bytes>) -> Result<(http::response::Parts, usize)> {
        let (parts, body) = request.clone().into_parts();
        let sender = &mut self.sender;
        std::future::poll_fn(|context| sender.poll_ready(context)).await?;
        let (response, mut sending) = sender.send_request(http::Request::from_parts(parts, ()), body.is_empty())?;
        if !body.is_empty() {
            sending.send_data(body, true)?;
        }
        let (head, mut body) = response.await?.into_parts();
        let mut length = 0;
        while let Some(data) = body.data().await {
            let data = data?;
            length += data.len();
            body.flow_control().release_capacity(data.len())?;
        }
        Ok((head, length))
    }
}
