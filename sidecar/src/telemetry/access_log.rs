//! One line for every request, written by a thread of its own: a slow pipe loses lines, never time.

use std::io::Write;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use prometheus::IntCounter;

/// A worker's buffer goes to the writer when it holds this much.
const FLUSH_BYTES: usize = 64 * 1024;
/// The longest that a line waits in a buffer.
const FLUSH_AFTER: Duration = Duration::from_secs(1);
/// Full buffers that may wait for the writer: 4 MiB, then lines are lost.
const WAITING: usize = 64;

/// Where the lines go: one writer thread for all workers.
pub struct Sink {
    messages: SyncSender<Message>,
    buffers: Buffers,
    dropped: IntCounter,
    writer: Option<JoinHandle<()>>,
}

/// A worker's end of the log.
#[derive(Clone)]
pub struct AccessLog {
    buffer: Arc<Mutex<Buffer>>,
    messages: SyncSender<Message>,
    dropped: IntCounter,
}

#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    lines: u64,
}

type Buffers = Arc<Mutex<Vec<Arc<Mutex<Buffer>>>>>;

enum Message {
    /// A buffer that was empty holds a line: all are to be written within a second.
    Armed,
    /// A buffer is full.
    Full(Vec<u8>),
    /// Write everything and end.
    Stop,
}

impl Sink {
    /// Starts the writer thread.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(out: Box<dyn Write + Send>, dropped: &IntCounter) -> std::io::Result<Self> {
        let (messages, receiver) = sync_channel(WAITING);
        let buffers = Buffers::default();
        let writer = Writer { out, buffers: Arc::clone(&buffers), dropped: dropped.clone() };
        let thread = std::thread::Builder::new().name("access-log".to_owned()).spawn(move || writer.run(&receiver))?;
        Ok(Self { messages, buffers, dropped: dropped.clone(), writer: Some(thread) })
    }

    /// The log's end for one more worker.
    #[must_use]
    pub fn worker(&self) -> AccessLog {
        let buffer = Arc::new(Mutex::new(Buffer::default()));
        self.buffers.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&buffer));
        AccessLog { buffer, messages: self.messages.clone(), dropped: self.dropped.clone() }
    }

    /// Writes what waits and ends the writer. Waits for it, but no longer than `patience`: a pipe that nobody reads
    /// must not hold the process.
    pub fn stop(mut self, patience: Duration) {
        let deadline = Instant::now() + patience;
        let Some(writer) = self.writer.take() else { return };
        let mut message = Message::Stop;
        while let Err(TrySendError::Full(back)) = self.messages.try_send(message) {
            if Instant::now() >= deadline {
                return;
            }
            message = back;
            std::thread::sleep(Duration::from_millis(5));
        }
        while !writer.is_finished() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl AccessLog {
    /// Appends one line; `write` puts it into the buffer without its line break.
    pub fn line(&self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut buffer = self.buffer.lock().unwrap_or_else(PoisonError::into_inner);
        let was_empty = buffer.bytes.is_empty();
        write(&mut buffer.bytes);
        buffer.bytes.push(b'\n');
        buffer.lines += 1;
        if buffer.bytes.len() >= FLUSH_BYTES {
            let (bytes, lines) = buffer.take();
            drop(buffer);
            if self.messages.try_send(Message::Full(bytes)).is_err() {
                self.dropped.inc_by(lines);
            }
        } else if was_empty {
            // A full channel means that the writer is awake and will sweep this buffer after what it holds.
            let _ = self.messages.try_send(Message::Armed);
        }
    }
}

impl Buffer {
    fn take(&mut self) -> (Vec<u8>, u64) {
        (std::mem::take(&mut self.bytes), std::mem::take(&mut self.lines))
    }
}

struct Writer {
    out: Box<dyn Write + Send>,
    buffers: Buffers,
    dropped: IntCounter,
}

impl Writer {
    /// Sleeps until the first line, then sweeps the buffers once a second for as long as lines come: an idle sidecar
    /// wakes nobody.
    fn run(mut self, messages: &Receiver<Message>) {
        while let Ok(first) = messages.recv() {
            let deadline = Instant::now() + FLUSH_AFTER;
            let mut next = Ok(first);
            loop {
                match next {
                    Ok(Message::Full(bytes)) => self.write(&bytes),
                    Ok(Message::Armed) => {}
                    Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return self.sweep(),
                    Err(RecvTimeoutError::Timeout) => break,
                }
                next = messages.recv_timeout(deadline.saturating_duration_since(Instant::now()));
            }
            self.sweep();
        }
        self.sweep();
    }

    fn sweep(&mut self) {
        let buffers = self.buffers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for buffer in buffers {
            let (bytes, _) = buffer.lock().unwrap_or_else(PoisonError::into_inner).take();
            self.write(&bytes);
        }
        // A log that cannot be flushed was counted when its bytes could not be written.
        let _ = self.out.flush();
    }

    fn write(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() && self.out.write_all(bytes).is_err() {
            let lines = bytes.iter().filter(|&&byte| byte == b'\n').count();
            self.dropped.inc_by(lines as u64);
        }
    }
}
