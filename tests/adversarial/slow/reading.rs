//! Clients that take their answer at a byte a second, or not at all. Over HTTP/1 what they took says little: the kernel
//! keeps some for them, so the sidecar itself is asked how many connections it still holds. Over HTTP/2 they are told.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures::future::join_all;
use serde_json::json;
use shipshape_tests::wait::until;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::patience::{End, WATCHED};
use crate::app::App;
use crate::connect::{Alpn, Stream, narrow};
use crate::http2::connection::Connection;
use crate::http2::frames::{SETTINGS, WINDOW_UPDATE, frame, headers, request, setting};
use crate::meter;
use crate::polite::{Polite, Seen};
use crate::sidecar::{Addresses, Sidecar};

/// What one answer that is not taken may cost, in KiB: 64 for what it holds, and 32 for its connection, which is counted
/// with it (the TLS session and, over HTTP/2, the buffers that the `h2` crate keeps).
pub const EACH: i64 = 64 + 32;
/// `SETTINGS_INITIAL_WINDOW_SIZE`, RFC 9113 section 6.5.2.
const WINDOW: u16 = 4;

/// How slow readers of one kind fared.
pub struct Read {
    /// When the sidecar had closed all of them.
    pub end: End,
    /// Memory for each while all were open, in KiB.
    pub each: i64,
    /// The polite client beside them.
    pub polite: Seen,
}

/// A kind of reader.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// HTTP/1, a byte a second.
    Http1,
    /// HTTP/2, a byte more of window a second.
    Http2,
    /// HTTP/2 with a window of nothing.
    Shut,
}

/// Lets so many readers of one kind begin on a sidecar of their own, and watches it.
///
/// # Errors
/// When the sidecar broke.
pub async fn watch(kind: Kind, count: usize) -> Result<Read> {
    let app = App::start(Duration::from_secs(60)).await?;
    let policy = json!({"auth": {"mode": "None"}, "tls": {"redirect": {"enforcement": "Disabled"}}});
    let mut sidecar = Sidecar::start(app.address, &json!({ "policy": policy }))?;
    let polite = Polite::begin_with_one_connection(&sidecar).await?;
    meter::rest(sidecar.pid()).await?;
    let memory = meter::memory(sidecar.pid())?;
    let to = sidecar.addresses();
    let readers: Vec<_> = (0..count).map(|_| tokio::spawn(read(kind, to.clone()))).collect();
    until("every reader has asked", Duration::from_secs(20), async || {
        ensure!(app.requests() > count, "{} requests", app.requests());
        Ok(())
    })
    .await?;
    let began = Instant::now();
    let all = readers.into_iter().map(|reader| async move { reader.await? });
    let told = async { join_all(all).await.into_iter().collect::<Result<Vec<()>>>() };
    let mut most = 0;
    let after = tokio::select! {
        // Whoever is told does not have to ask.
        told = told => told.map(|_| Some(began.elapsed()))?,
        closed = until_closed(&sidecar, began, &mut most) => closed?,
    };
    let polite = polite.end().await?;
    sidecar.is_sound().await?;
    let how = if after.is_some() { "ended" } else { "open" }.to_owned();
    Ok(Read { end: End { after, how }, each: (most - memory) / i64::try_from(count)?, polite })
}

/// Asks until only the polite client is connected; gives how long that took, and notes the most memory meanwhile.
async fn until_closed(sidecar: &Sidecar, began: Instant, most: &mut i64) -> Result<Option<Duration>> {
    while began.elapsed() < WATCHED {
        *most = meter::memory(sidecar.pid())?.max(*most);
        if sidecar.metric("shipshape_connections").await? <= 1.0 {
            return Ok(Some(began.elapsed()));
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    Ok(None)
}

async fn read(kind: Kind, to: Addresses) -> Result<()> {
    match kind {
        Kind::Http1 => http1(to).await,
        Kind::Http2 => http2(to, 1024).await,
        Kind::Shut => http2(to, 0).await,
    }
}

/// Reads until it is cut; the kernel may have kept so much that this takes days.
async fn http1(to: Addresses) -> Result<()> {
    let mut stream = narrow(to.http).await?;
    stream.write_all(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n").await?;
    while stream.read(&mut [0]).await.is_ok_and(|length| length > 0) {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

/// Opens the window a little each second until the stream is reset or the connection cut.
async fn http2(to: Addresses, window: u32) -> Result<()> {
    let stream: Stream = Box::new(to.trust.tls(to.https, Alpn::Http2).await?);
    let mut connection = Connection::over(stream).await?;
    let mut out = Vec::new();
    setting(&mut out, WINDOW, window);
    frame(&mut out, SETTINGS, crate::http2::frames::ACK, 0, &[]);
    headers(&mut out, 1, &request("GET", "/large"), true);
    loop {
        // A connection that is closed takes nothing more: what was seen tells.
        let _ = connection.send(&out).await;
        let is_over = |seen: &crate::http2::connection::Seen| seen.is_cut() || !seen.resets.is_empty();
        if connection.until(Duration::from_secs(1), is_over).await.is_ok() {
            return Ok(());
        }
        out.clear();
        if window > 0 {
            frame(&mut out, WINDOW_UPDATE, 0, 1, &1_u32.to_be_bytes());
        }
    }
}
