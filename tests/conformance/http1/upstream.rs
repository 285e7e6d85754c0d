//! The upstream: a raw TCP server that writes down every byte it is sent, and answers as a case says.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::message::{Message, Role};
use super::reading::{Reading, read};
use super::reply::{After, Reply, Then};

/// Requests for these are the suite's own: they are answered at once, with their target.
pub const FENCE: &str = "/fence-";

/// How long a connection of the upstream waits for anything; longer than any case.
const PATIENCE: Duration = Duration::from_secs(30);

/// A raw TCP server.
pub struct Upstream {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

/// What came over one connection since the case began.
#[derive(Debug, Clone, Default)]
pub struct Connection {
    /// Its number; the suite's own requests are not counted.
    pub number: usize,
    /// The bytes after the last whole request.
    pub rest: Vec<u8>,
    /// The requests that it was.
    pub requests: Vec<Message>,
    /// Why it was no request.
    pub broken: Option<String>,
    /// Whether the sidecar ended it, or we did.
    pub has_ended: bool,
    /// Which of the suite's own requests came over it.
    pub fences: Vec<String>,
    /// How many replies were written on it, to their end or to its.
    pub replied: usize,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    replies: Vec<Reply>,
    /// How many replies were given.
    given: usize,
    connections: Vec<(Connection, TcpStream)>,
    accepted: usize,
}

impl Upstream {
    /// Starts one on a free port.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let (address, shared) = (listener.local_addr()?, Arc::new(Shared::default()));
        let this = Self { address, shared: Arc::clone(&shared) };
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&shared);
                if let Ok((number, stream)) = shared.accept(stream) {
                    std::thread::spawn(move || shared.serve(number, stream));
                }
            }
        });
        Ok(this)
    }

    /// Forgets what was, and answers from now on with these, the last one again and again.
    pub fn begin(&self, replies: Vec<Reply>) {
        let mut state = self.shared.lock();
        (state.replies, state.given) = (replies, 0);
        state.connections.retain(|(connection, _)| !connection.has_ended);
        for (connection, _) in &mut state.connections {
            *connection = Connection { number: connection.number, ..Connection::default() };
        }
    }

    /// Ends every connection.
    pub fn cut(&self) {
        for (_, stream) in &self.shared.lock().connections {
            // It may have ended by itself.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// What came so far.
    pub fn seen(&self) -> Vec<Connection> {
        self.shared.lock().connections.iter().map(|(connection, _)| connection.clone()).collect()
    }

    /// Waits until what came is as it should be.
    pub fn until(&self, what: &str, limit: Duration, is_so: impl Fn(&[Connection]) -> bool) -> Result<Vec<Connection>> {
        let deadline = Instant::now() + limit;
        let mut state = self.shared.lock();
        loop {
            let seen: Vec<_> = state.connections.iter().map(|(connection, _)| connection.clone()).collect();
            if is_so(&seen) {
                return Ok(seen);
            }
            let Some(left) = deadline.checked_duration_since(Instant::now()) else {
                bail!("not within {limit:?}: {what}");
            };
            state = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(&self, stream: TcpStream) -> std::io::Result<(usize, TcpStream)> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let second = stream.try_clone()?;
        let mut state = self.lock();
        state.accepted += 1;
        let number = state.accepted;
        state.connections.push((Connection { number, ..Connection::default() }, second));
        Ok((number, stream))
    }

    /// Changes what is known of a connection.
    fn note(&self, number: usize, change: impl FnOnce(&mut Connection)) {
        let mut state = self.lock();
        if let Some((connection, _)) = state.connections.iter_mut().find(|(one, _)| one.number == number) {
            change(connection);
        }
        drop(state);
        self.changed.notify_all();
    }

    fn serve(&self, number: usize, mut stream: TcpStream) {
        let mut bytes = Vec::new();
        let mut answered = false;
        loop {
            let then = match read(&bytes, Role::Request, false) {
                Reading::Whole(request, taken) => {
                    bytes.drain(..taken);
                    self.note(number, |connection| connection.rest.clone_from(&bytes));
                    self.answer_whole(number, &mut stream, request, std::mem::take(&mut answered))
                }
                Reading::Part(_) if !answered && self.next().after == After::Head => {
                    answered = true;
                    self.reply(number, &mut stream, &self.take())
                }
                Reading::Broken(why) => {
                    self.note(number, |connection| connection.broken = Some(why));
                    Then::Close
                }
                Reading::Part(_) | Reading::Head => self.read_more(number, &mut stream, &mut bytes),
            };
            if then == Then::Close {
                break;
            }
        }
        // The sidecar may have ended it already.
        let _ = stream.shutdown(Shutdown::Both);
        self.note(number, |connection| connection.has_ended = true);
    }

    fn read_more(&self, number: usize, stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Then {
        let mut buffer = [0; 16 << 10];
        let Ok(count @ 1..) = stream.read(&mut buffer) else { return Then::Close };
        bytes.extend_from_slice(buffer.get(..count).unwrap_or_default());
        self.note(number, |connection| connection.rest.clone_from(bytes));
        Then::Keep
    }

    fn answer_whole(&self, number: usize, stream: &mut TcpStream, request: Message, answered: bool) -> Then {
        if let Some((_, target)) = request.asks().split_once(' ').filter(|(_, target)| target.starts_with(FENCE)) {
            let target = target.to_owned();
            let (length, reply) = (target.len(), "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length:");
            let reply = Reply::bytes(format!("{reply} {length}\r\n\r\n{target}"));
            self.note(number, |connection| connection.fences.push(target));
            write(stream, &reply);
            return Then::Keep;
        }
        let is_head = request.start.starts_with("HEAD ");
        self.note(number, |connection| connection.requests.push(request));
        if answered {
            return Then::Keep;
        }
        let mut reply = self.take();
        if is_head && reply.writes == Reply::ok().writes {
            reply.writes = vec![b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n".to_vec()];
        }
        self.reply(number, stream, &reply)
    }

    fn reply(&self, number: usize, stream: &mut TcpStream, reply: &Reply) -> Then {
        write(stream, reply);
        self.note(number, |connection| connection.replied += 1);
        reply.then
    }

    fn next(&self) -> Reply {
        let state = self.lock();
        state.replies.get(state.given).or_else(|| state.replies.last()).cloned().unwrap_or_else(Reply::ok)
    }

    fn take(&self) -> Reply {
        let reply = self.next();
        self.lock().given += 1;
        reply
    }
}

/// Writes an answer. What the sidecar does not take any more is its own decision, to be judged at the client.
fn write(stream: &mut TcpStream, reply: &Reply) {
    for bytes in std::iter::repeat_n(&reply.writes, reply.times).flatten() {
        if stream.write_all(bytes).is_err() {
            return;
        }
        if !reply.beat.is_zero() {
            std::thread::sleep(reply.beat);
        }
    }
}
