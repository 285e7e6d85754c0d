//! Waiting for the sidecar to lose its patience with one client.

use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::connect::Stream;

/// A client that is still served after so long was not ended.
pub const WATCHED: Duration = Duration::from_secs(38);

/// How it ended for one client.
#[derive(Debug, Clone)]
pub struct End {
    /// After how long; `None` where it did not end while it was watched.
    pub after: Option<Duration>,
    /// An answer's status, or `closed`.
    pub how: String,
}

/// Sends one piece after another until the sidecar answers or closes.
pub async fn drip(stream: Stream, every: Duration, mut next: impl FnMut() -> Vec<u8> + Send) -> Result<End> {
    let began = Instant::now();
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut answer = [0; 512];
    let sending = async {
        // Where the sidecar does not take more, the answer tells; writing is over then.
        while writer.write_all(&next()).await.is_ok() && writer.flush().await.is_ok() {
            tokio::time::sleep(every).await;
        }
        std::future::pending::<()>().await;
    };
    let ended = tokio::select! {
        read = tokio::time::timeout(WATCHED, reader.read(&mut answer)) => read.ok(),
        () = sending => None,
    };
    let how = match ended {
        None => "open".to_owned(),
        Some(Ok(length)) if answer[..length].starts_with(b"HTTP/1.1 ") => {
            String::from_utf8_lossy(&answer[9..length.min(12)]).into_owned()
        }
        Some(_) => "closed".to_owned(),
    };
    Ok(End { after: ended.is_some().then(|| began.elapsed()), how })
}

/// Says something once, and then nothing.
pub async fn say_once(stream: Stream, bytes: Vec<u8>) -> Result<End> {
    let mut bytes = Some(bytes);
    drip(stream, WATCHED, move || bytes.take().unwrap_or_default()).await
}
