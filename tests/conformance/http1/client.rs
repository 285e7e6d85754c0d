//! The client: writes bytes as they are given, and reads answers strictly.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::message::{Message, Role};
use super::reading::{Reading, read};

/// How long a client waits between two looks at its deadline.
const TICK: Duration = Duration::from_millis(20);

/// A connection to the sidecar.
pub struct Client {
    stream: TcpStream,
    unread: Vec<u8>,
    to_head: bool,
    is_tunnel: bool,
    /// What it was told so far.
    pub told: Told,
}

/// What a client was told.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// The answers, in order.
    pub answers: Vec<Message>,
    /// The interim answers, 1xx.
    pub interims: Vec<Message>,
    /// An answer of which the head is there, and not the whole body.
    pub part: Option<Message>,
    /// Why what came is no answer.
    pub broken: Option<String>,
    /// What came after 101.
    pub tunnel: Vec<u8>,
    /// How the connection ended, if it did.
    pub end: End,
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum End {
    /// It did not.
    #[default]
    Open,
    /// In order.
    Closed,
    /// With a reset.
    Reset,
}

impl Client {
    /// Connects. `to_head` says that the first request is one for a head only.
    pub fn connect(address: SocketAddr, to_head: bool) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TICK))?;
        stream.set_write_timeout(Some(Duration::from_secs(10)))?;
        Ok(Self { stream, unread: Vec::new(), to_head, is_tunnel: false, told: Told::default() })
    }

    /// Writes bytes. A sidecar that does not want them has refused already: that is for the judge.
    pub fn write(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// Says that nothing more will be written.
    pub fn half_close(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Reads until something is so, the connection ended, or the time is over; whether it is so.
    pub fn read_until(&mut self, limit: Duration, is_so: impl Fn(&Told) -> bool) -> bool {
        let deadline = Instant::now() + limit;
        while !is_so(&self.told) {
            if self.told.end != End::Open || Instant::now() >= deadline {
                return false;
            }
            self.read_some();
        }
        true
    }

    /// Reads until the connection ended.
    pub fn read_to_end(&mut self, limit: Duration) -> bool {
        self.read_until(limit, |told| told.end != End::Open)
    }

    fn read_some(&mut self) {
        let mut buffer = vec![0; 64 << 10];
        match self.stream.read(&mut buffer) {
            Ok(0) => self.told.end = End::Closed,
            Ok(count) => self.unread.extend_from_slice(buffer.get(..count).unwrap_or_default()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return,
            Err(_) => self.told.end = End::Reset,
        }
        self.parse();
    }

    fn parse(&mut self) {
        self.told.part = None;
        while !self.is_tunnel && self.told.broken.is_none() {
            let to_head = self.to_head && self.told.answers.is_empty();
            let has_ended = self.told.end == End::Closed;
            match read(&self.unread, Role::Answer { to_head }, has_ended) {
                Reading::Whole(answer, taken) => {
                    self.unread.drain(..taken);
                    self.keep(answer);
                }
                Reading::Part(answer) => return self.told.part = Some(answer),
                Reading::Broken(why) => self.told.broken = Some(why),
                Reading::Head => return self.judge_rest(),
            }
        }
        if self.is_tunnel {
            self.told.tunnel.append(&mut self.unread);
        }
    }

    fn keep(&mut self, answer: Message) {
        match answer.status() {
            101 => {
                self.is_tunnel = true;
                self.told.answers.push(answer);
            }
            100..200 => self.told.interims.push(answer),
            _ => self.told.answers.push(answer),
        }
    }

    /// Bytes that never became a head are no answer.
    fn judge_rest(&mut self) {
        if self.told.end == End::Closed && !self.unread.is_empty() {
            self.told.broken = Some(format!("{} bytes that are no answer", self.unread.len()));
        }
    }
}
