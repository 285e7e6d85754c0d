//! A client that does nothing wrong, beside every attack: all of its requests have to be answered, and soon.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::connect::{Alpn, Stream, Trust};
use super::meter;
use super::sidecar::Sidecar;

/// Between two requests.
const PAUSE: Duration = Duration::from_millis(100);
/// A request that takes longer counts as not served.
const PATIENCE: Duration = Duration::from_secs(10);
/// The slowest request may take this long, processors permitting.
const SLOWEST: Duration = Duration::from_secs(2);
/// Every so many requests it makes a new connection.
const RENEWAL: usize = 10;

/// A client at work, on a thread of its own.
pub struct Polite {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<Seen>>,
}

/// What it saw.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Requests that were answered as they should.
    pub served: usize,
    /// The slowest, a handshake included where there was one; without the time that the kernel let the sidecar, or the
    /// app and this client, wait for a processor.
    pub worst: Duration,
    /// What went wrong.
    pub failures: Vec<String>,
}

impl Polite {
    /// Begins. One request was answered when this returns.
    ///
    /// # Errors
    /// When the first request is not answered.
    pub async fn begin(sidecar: &Sidecar) -> Result<Self> {
        Self::start(sidecar, RENEWAL).await
    }

    /// Begins with a connection that it keeps to the end.
    ///
    /// # Errors
    /// When the first request is not answered.
    pub async fn begin_with_one_connection(sidecar: &Sidecar) -> Result<Self> {
        Self::start(sidecar, usize::MAX).await
    }

    async fn start(sidecar: &Sidecar, renewal: usize) -> Result<Self> {
        let (pid, address, trust) = (sidecar.pid(), sidecar.https, sidecar.trust.clone());
        let (told, heard) = tokio::sync::oneshot::channel();
        let stop = Arc::new(AtomicBool::new(false));
        let stopping = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut client = Client { sidecar: pid, address, trust, kept: None, asked: 0, renewal };
                client.ask().await.context("the polite client's first request")?;
                // The other side waits for it.
                let _ = told.send(());
                Ok(client.go_on(&stopping).await)
            })
        });
        let begun = Self { stop, thread };
        if heard.await.is_err() {
            begun.end().await?;
            anyhow::bail!("the polite client ended at once");
        }
        Ok(begun)
    }

    /// Ends, and tells what it saw.
    ///
    /// # Errors
    /// When a request was not answered, or too late.
    pub async fn end(self) -> Result<Seen> {
        self.stop.store(true, Relaxed);
        let thread = self.thread;
        let joined = tokio::task::spawn_blocking(move || thread.join()).await?;
        joined.map_err(|_| anyhow::anyhow!("the polite client broke"))?
    }
}

impl Seen {
    /// Whether it was treated as it should be.
    ///
    /// # Errors
    /// When a request was not answered, or too late.
    pub fn judge(&self) -> Result<()> {
        ensure!(self.failures.is_empty(), "the polite client was not served: {:?}", self.failures);
        ensure!(self.worst < SLOWEST, "the polite client waited for {:?}", self.worst);
        Ok(())
    }
}

struct Client {
    sidecar: u32,
    address: SocketAddr,
    trust: Trust,
    kept: Option<Stream>,
    asked: usize,
    renewal: usize,
}

impl Client {
    /// How long the sidecar, and everything in this process, waited for a processor so far.
    fn starved(&self) -> Duration {
        // A sidecar that has ended is found out elsewhere.
        let waited = |pid| meter::waited(pid).unwrap_or_default();
        waited(self.sidecar) + waited(std::process::id())
    }

    async fn go_on(&mut self, stop: &AtomicBool) -> Seen {
        let mut seen = Seen::default();
        while !stop.load(Relaxed) {
            let (began, starved) = (Instant::now(), self.starved());
            match tokio::time::timeout(PATIENCE, self.ask()).await {
                Ok(Ok(())) => seen.served += 1,
                Ok(Err(error)) => seen.failures.push(format!("{error:#}")),
                Err(_) => seen.failures.push(format!("no answer in {PATIENCE:?}")),
            }
            let starved = self.starved().saturating_sub(starved);
            seen.worst = seen.worst.max(began.elapsed().saturating_sub(starved));
            if !seen.failures.is_empty() {
                self.kept = None;
            }
            tokio::time::sleep(PAUSE).await;
        }
        seen
    }

    async fn ask(&mut self) -> Result<()> {
        self.asked += 1;
        if self.asked.is_multiple_of(self.renewal) {
            self.kept = None;
        }
        let mut stream: Stream = match self.kept.take() {
            Some(kept) => kept,
            None => Box::new(self.trust.tls(self.address, Alpn::Http1).await?),
        };
        let request = format!("GET /polite/{} HTTP/1.1\r\nHost: localhost\r\n\r\n", self.asked);
        stream.write_all(request.as_bytes()).await?;
        let (expected, mut answer) = (format!("\r\n\r\n0 /polite/{}", self.asked), Vec::new());
        while !answer.ends_with(expected.as_bytes()) {
            let length = stream.read_buf(&mut answer).await?;
            ensure!(length > 0, "the connection ended after {:?}", String::from_utf8_lossy(&answer));
        }
        ensure!(answer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&answer));
        self.kept = Some(stream);
        Ok(())
    }
}
