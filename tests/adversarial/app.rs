//! The app behind the sidecar: plain HTTP/1.1, as small as it can be, with answers that take long, are large, never
//! end, or never begin.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The length of `/large`.
pub const LARGE: usize = 4 << 20;
/// What `Sec-WebSocket-Key` is answered with by RFC 6455 section 1.3, for the key of its example.
pub const WEBSOCKET_KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const WEBSOCKET_ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// How long `/stall` does nothing, not even read a body, before it closes.
const STALL: Duration = Duration::from_secs(6);
/// How many targets are remembered.
const KEPT: usize = 10_000;

/// A running app; it ends with the runtime.
pub struct App {
    /// Where it listens.
    pub address: SocketAddr,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    requests: AtomicUsize,
    busy: AtomicUsize,
    targets: Mutex<Vec<String>>,
}

/// A request that has begun and was not answered yet.
struct Busy<'a>(&'a Counts);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Relaxed);
    }
}

/// A request's head and the length of its body.
struct Asked {
    target: String,
    is_head: bool,
    is_chunked: bool,
    body: usize,
}

impl App {
    /// Starts one that keeps idle connections for so long. Must be called within a runtime.
    ///
    /// # Errors
    /// When it cannot listen.
    pub async fn start(idle: Duration) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let counts = Arc::new(Counts::default());
        let app = Self { address, counts: Arc::clone(&counts) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let counts = Arc::clone(&counts);
                // Whatever ends a connection, the next request comes on another.
                tokio::spawn(async move { serve(stream, idle, &counts).await });
            }
        });
        Ok(app)
    }

    /// Requests that came so far.
    pub fn requests(&self) -> usize {
        self.counts.requests.load(Relaxed)
    }

    /// Requests that have begun and were neither answered nor given up.
    pub fn busy(&self) -> usize {
        self.counts.busy.load(Relaxed)
    }

    /// The targets of the requests so far, in order.
    pub fn targets(&self) -> Vec<String> {
        self.counts.targets.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Counts {
    fn note(&self, target: &str) {
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner);
        if targets.len() < KEPT {
            targets.push(target.to_owned());
        }
    }
}

async fn serve(stream: TcpStream, idle: Duration, counts: &Counts) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut io = BufReader::new(stream);
    loop {
        let waiting = async { Ok::<_, std::io::Error>(!io.fill_buf().await?.is_empty()) };
        if !matches!(tokio::time::timeout(idle, waiting).await, Ok(Ok(true))) {
            return Ok(());
        }
        counts.busy.fetch_add(1, Relaxed);
        let busy = Busy(counts);
        let mut asked = read_head(&mut io).await?;
        counts.requests.fetch_add(1, Relaxed);
        counts.note(&asked.target);
        if asked.target.starts_with("/stall") {
            tokio::time::sleep(STALL).await;
            return Ok(());
        }
        read_body(&mut asked, &mut io).await?;
        answer(&asked, &mut io).await?;
        drop(busy);
    }
}

async fn read_head(io: &mut BufReader<TcpStream>) -> Result<Asked> {
    let mut line = String::new();
    io.read_line(&mut line).await?;
    let mut words = line.split(' ');
    let (method, target) = words.next().zip(words.next()).context("no request line")?;
    let mut asked = Asked { target: target.to_owned(), is_head: method == "HEAD", is_chunked: false, body: 0 };
    loop {
        let mut field = String::new();
        io.read_line(&mut field).await?;
        let field = field.trim_end().to_ascii_lowercase();
        match field.split_once(':') {
            Some(("content-length", length)) => asked.body = length.trim().parse()?,
            Some(("transfer-encoding", _)) => asked.is_chunked = true,
            Some(_) => {}
            None => return Ok(asked),
        }
    }
}

async fn read_body(asked: &mut Asked, io: &mut BufReader<TcpStream>) -> Result<()> {
    if asked.is_chunked {
        asked.body = read_chunks(io).await?;
    } else {
        tokio::io::copy(&mut io.take(asked.body as u64), &mut tokio::io::sink()).await?;
    }
    Ok(())
}

async fn read_chunks(io: &mut BufReader<TcpStream>) -> Result<usize> {
    let mut all = 0;
    loop {
        let mut line = String::new();
        io.read_line(&mut line).await?;
        let size = usize::from_str_radix(line.trim(), 16).with_context(|| format!("chunk size {line:?}"))?;
        if size == 0 {
            while io.read_line(&mut line).await? > 2 {}
            return Ok(all);
        }
        tokio::io::copy(&mut io.take(size as u64 + 2), &mut tokio::io::sink()).await?;
        all += size;
    }
}

async fn answer(asked: &Asked, io: &mut BufReader<TcpStream>) -> Result<()> {
    let path = asked.target.split('?').next().unwrap_or_default();
    match path.split('/').nth(1) {
        Some("slow") => {
            let wait = path.rsplit('/').next().and_then(|text| text.parse().ok()).unwrap_or(50);
            // A client that goes away ends the wait: the sidecar must close this connection then.
            let gone = async {
                let _ = io.fill_buf().await;
            };
            if tokio::time::timeout(Duration::from_millis(wait), gone).await.is_ok() && io.buffer().is_empty() {
                anyhow::bail!("the client went away");
            }
            text(asked, io, "slow").await
        }
        Some("large") => large(io).await,
        Some("sse") => events(io).await,
        Some("ws") => echo_frames(io).await,
        _ => text(asked, io, &format!("{} {}", asked.body, asked.target)).await,
    }
}

async fn text(asked: &Asked, io: &mut BufReader<TcpStream>, body: &str) -> Result<()> {
    let length = body.len();
    let body = if asked.is_head { "" } else { body };
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n{body}");
    Ok(io.write_all(answer.as_bytes()).await?)
}

async fn large(io: &mut BufReader<TcpStream>) -> Result<()> {
    io.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {LARGE}\r\n\r\n").as_bytes()).await?;
    let piece = vec![b'x'; 64 << 10];
    for _ in 0..LARGE / piece.len() {
        io.write_all(&piece).await?;
    }
    Ok(())
}

/// Server-sent events, ten a second, until somebody ends it.
async fn events(io: &mut BufReader<TcpStream>) -> Result<()> {
    io.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n").await?;
    loop {
        io.write_all(b"9\r\ndata: x\n\n\r\n").await?;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// A WebSocket that sends back what it gets, byte by byte as it came.
async fn echo_frames(io: &mut BufReader<TcpStream>) -> Result<()> {
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {WEBSOCKET_ACCEPT}\r\n\r\n"
    );
    io.write_all(head.as_bytes()).await?;
    let mut buffer = [0; 4096];
    loop {
        let length = io.read(&mut buffer).await?;
        if length == 0 {
            anyhow::bail!("the WebSocket has ended");
        }
        io.write_all(&buffer[..length]).await?;
    }
}
