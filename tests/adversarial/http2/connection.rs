//! A connection that speaks HTTP/2 badly: what is sent is up to the caller, what comes is watched.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::frames::{ACK, DATA, END_STREAM, GOAWAY, HEADERS, PREFACE, RST_STREAM, SETTINGS, WINDOW_UPDATE, frame};
use crate::connect::{Alpn, Stream};
use crate::sidecar::Sidecar;

/// What came from the sidecar.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// The code of the last GOAWAY.
    pub goaway: Option<u32>,
    /// The connection is closed; with the error that the kernel or TLS gave.
    pub closed: Option<String>,
    /// The code with which each stream was reset.
    pub resets: BTreeMap<u32, u32>,
    /// Streams whose answer has begun.
    pub answered: usize,
    /// Streams whose answer ended.
    pub ended: usize,
    /// Bytes of DATA.
    pub data: usize,
    /// By how much the window of the connection was widened.
    pub window: u32,
    /// The sidecar's settings have come.
    pub has_settings: bool,
}

impl Seen {
    /// Whether the connection is over: no stream is taken any more.
    pub fn is_cut(&self) -> bool {
        self.goaway.is_some() || self.closed.is_some()
    }

    /// How it ended, in words.
    pub fn end(&self) -> String {
        match (self.goaway, &self.closed) {
            (Some(code), _) => format!("GOAWAY {}", error_name(code)),
            (None, Some(why)) => format!("closed{}{why}", if why.is_empty() { "" } else { ": " }),
            (None, None) => "open".to_owned(),
        }
    }
}

/// A connection.
pub struct Connection {
    writer: WriteHalf<Stream>,
    seen: watch::Receiver<Seen>,
    watcher: JoinHandle<()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        // It holds the other half: only without both the connection is closed.
        self.watcher.abort();
    }
}

impl Connection {
    /// Opens one over TLS. The sidecar's settings have come when this returns; they are not acknowledged.
    ///
    /// # Errors
    /// When it is not taken.
    pub async fn open(sidecar: &Sidecar) -> Result<Self> {
        let stream = sidecar.trust.tls(sidecar.https, Alpn::Http2).await?;
        ensure!(stream.get_ref().1.alpn_protocol() == Some(b"h2"), "HTTP/2 was not chosen");
        Self::over(Box::new(stream)).await
    }

    /// Begins HTTP/2 on a stream.
    ///
    /// # Errors
    /// When no settings come.
    pub async fn over(stream: Stream) -> Result<Self> {
        let (reader, mut writer) = tokio::io::split(stream);
        let (told, seen) = watch::channel(Seen::default());
        let watcher = tokio::spawn(watch_frames(reader, told));
        let mut first = PREFACE.to_vec();
        frame(&mut first, SETTINGS, 0, 0, &[]);
        writer.write_all(&first).await?;
        writer.flush().await?;
        let mut connection = Self { writer, seen, watcher };
        connection.until(Duration::from_secs(10), |seen| seen.has_settings).await.context("no SETTINGS came")?;
        Ok(connection)
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// When the connection is closed.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.writer.write_all(bytes).await?;
        Ok(self.writer.flush().await?)
    }

    /// What has come so far.
    pub fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    /// Waits until what has come fulfils a condition.
    ///
    /// # Errors
    /// When it does not in time, or can no more.
    pub async fn until(&mut self, deadline: Duration, condition: impl Fn(&Seen) -> bool) -> Result<()> {
        let waited = tokio::time::timeout(deadline, self.seen.wait_for(|seen| condition(seen)));
        waited.await.context("not in time")?.context("the connection is closed")?;
        Ok(())
    }

    /// Waits a moment for the end of the connection; whether it came.
    pub async fn is_cut_within(&mut self, deadline: Duration) -> bool {
        self.until(deadline, Seen::is_cut).await.is_ok()
    }
}

/// Reads frames to the end. Whether settings are acknowledged makes no difference to an attack, so they are not.
async fn watch_frames(reader: ReadHalf<Stream>, told: watch::Sender<Seen>) {
    let mut reader = tokio::io::BufReader::with_capacity(64 << 10, reader);
    let ended = loop {
        if let Err(error) = one_frame(&mut reader, &told).await {
            break error;
        }
    };
    let why = match ended.downcast_ref::<std::io::Error>() {
        Some(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => String::new(),
        _ => format!("{ended:#}"),
    };
    told.send_modify(|seen| seen.closed = Some(why));
}

async fn one_frame(reader: &mut (impl AsyncRead + Unpin), told: &watch::Sender<Seen>) -> Result<()> {
    let mut head = [0; 9];
    reader.read_exact(&mut head).await?;
    let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
    let (kind, flags) = (head[3], head[4]);
    let stream = u32::from_be_bytes([head[5] & 0x7f, head[6], head[7], head[8]]);
    let mut payload = vec![0; length];
    reader.read_exact(&mut payload).await?;
    let word = |at: usize| payload.get(at..at + 4).and_then(|bytes| Some(u32::from_be_bytes(bytes.try_into().ok()?)));
    told.send_if_modified(|seen| {
        let ends = matches!(kind, DATA | HEADERS) && flags & END_STREAM != 0;
        seen.ended += usize::from(ends);
        match kind {
            DATA => seen.data += length,
            HEADERS => seen.answered += 1,
            RST_STREAM => drop(seen.resets.insert(stream, word(0).unwrap_or(u32::MAX))),
            WINDOW_UPDATE if stream == 0 => seen.window = seen.window.saturating_add(word(0).unwrap_or(0)),
            GOAWAY => seen.goaway = word(4),
            SETTINGS if flags & ACK == 0 => seen.has_settings = true,
            _ => return false,
        }
        true
    });
    Ok(())
}

/// Error codes, RFC 9113 section 7.
fn error_name(code: u32) -> String {
    const NAMES: [&str; 14] = [
        "NO_ERROR",
        "PROTOCOL_ERROR",
        "INTERNAL_ERROR",
        "FLOW_CONTROL_ERROR",
        "SETTINGS_TIMEOUT",
        "STREAM_CLOSED",
        "FRAME_SIZE_ERROR",
        "REFUSED_STREAM",
        "CANCEL",
        "COMPRESSION_ERROR",
        "CONNECT_ERROR",
        "ENHANCE_YOUR_CALM",
        "INADEQUATE_SECURITY",
        "HTTP_1_1_REQUIRED",
    ];
    let name = usize::try_from(code).ok().and_then(|code| NAMES.get(code));
    name.map_or_else(|| format!("{code:#x}"), |name| (*name).to_owned())
}
