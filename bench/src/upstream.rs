//! The app behind the proxy: one thread, canned answers, as cheap as can be.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::{cores, message};

/// The target of the large answer.
pub const BIG: &str = "/big";
/// Bytes of the small body, which is JSON.
const SMALL_BYTES: usize = 1024;
/// Bytes of the large one.
const BIG_BYTES: usize = 100 * 1024;

/// An app that serves until it is dropped.
pub struct Upstream {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The answers, head and body in one piece.
struct Answers {
    small: Vec<u8>,
    big: Vec<u8>,
}

impl Upstream {
    /// Starts it on loopback, on a free port, on this core.
    ///
    /// # Errors
    /// When no port or thread is to be had.
    pub fn start(core: usize) -> Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").context("no port for the app")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            // On another core it costs the proxy time, which the report would not show: then nothing is served.
            if cores::stay_on(core).is_ok() {
                runtime.block_on(async {
                    tokio::select! { () = accept(listener) => (), _ = stopped => () }
                });
            }
        };
        let thread = std::thread::Builder::new().name("app".to_owned()).spawn(serve)?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It ends by itself; a panic in it has nobody left to tell.
            let _ = thread.join();
        }
    }
}

/// The body that `target` is answered with.
#[must_use]
pub fn body(target: &str) -> Vec<u8> {
    let bytes = if target == BIG { BIG_BYTES } else { SMALL_BYTES };
    let filling = bytes.saturating_sub(r#"{"data":""}"#.len());
    format!(r#"{{"data":"{}"}}"#, "x".repeat(filling)).into_bytes()
}

async fn accept(listener: std::net::TcpListener) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    let answers = Arc::new(Answers { small: answer("/"), big: answer(BIG) });
    // A connection that cannot be accepted is the client's failure to see and to count.
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&answers)));
        }
    }
}

fn answer(target: &str) -> Vec<u8> {
    let body = body(target);
    let mut whole =
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len())
            .into_bytes();
    whole.extend_from_slice(&body);
    whole
}

/// Answers one request after the other until the proxy goes, says that it will, or sends what cannot be read.
async fn serve(mut stream: TcpStream, answers: Arc<Answers>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut arrived = Vec::with_capacity(16 * 1024);
    loop {
        let Some(head) = message::head(&arrived).ok()? else {
            fill(&mut stream, &mut arrived).await?;
            continue;
        };
        let is_big = message::target(&arrived) == Some(BIG.as_bytes());
        let mut left = head.message();
        loop {
            let here = left.min(arrived.len());
            arrived.drain(..here);
            left -= here;
            if left == 0 {
                break;
            }
            fill(&mut stream, &mut arrived).await?;
        }
        stream.write_all(if is_big { &answers.big } else { &answers.small }).await.ok()?;
        if head.closes {
            return Some(());
        }
    }
}

/// Reads what has come; `None` at the end of the connection.
async fn fill(stream: &mut TcpStream, arrived: &mut Vec<u8>) -> Option<()> {
    let bytes = stream.read_buf(arrived).await.ok()?;
    (bytes > 0).then_some(())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn it_answers_in_order_and_drops_bodies() {
        let upstream = Upstream::start(cores::Cores::choose().unwrap().load).unwrap();
        let mut stream = std::net::TcpStream::connect(upstream.address()).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
        stream.write_all(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhel").unwrap();
        stream.write_all(b"loGET /big HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n").unwrap();
        for target in ["/", BIG, "/"] {
            let expected = answer(target);
            let mut found = vec![0; expected.len()];
            stream.read_exact(&mut found).unwrap();
            assert!(found == expected, "{target}: another answer");
        }
        assert_eq!((body("/").len(), body(BIG).len()), (SMALL_BYTES, BIG_BYTES));
        drop(upstream);
        assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0, "it goes on after its end");
    }
}
