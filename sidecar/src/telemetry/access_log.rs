//! One line for every request, written by a thread of its own: a slow pipe loses lines, never time.

use std::io::Write;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
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
    /// Closed by the writer when it ends.
    ended: Receiver<()>,
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
        let (alive, ended) = sync_channel(0);
        let writer = Writer { out, buffers: Arc::clone(&buffers), dropped: dropped.clone(), _alive: alive };
        std::thread::Builder::new().name("access-log".to_owned()).spawn(move || writer.run(&receiver))?;
        Ok(Self { messages, buffers, dropped: dropped.clone(), ended })
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
    pub fn stop(self, patience: Duration) {
        let deadline = Instant::now() + patience;
        while let Err(TrySendError::Full(_)) = self.messages.try_send(Message::Stop) {
            if Instant::now() >= deadline {
                return;
            }
            // The standard library's channel cannot wait for room with a deadline.
            std::thread::sleep(Duration::from_millis(5));
        }
        // It says nothing: that it is gone is the message.
        let _ = self.ended.recv_timeout(deadline.saturating_duration_since(Instant::now()));
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
    _alive: SyncSender<()>,
}

impl Writer {
    /// Sleeps until the first line, then sweeps the buffers once a second for as long as lines come: an idle sidecar
    /// wakes nobody.
    fn run(mut self, messages: &Receiver<Message>) {
        let mut next = messages.recv().map_err(|_| RecvTimeoutError::Disconnected);
        let mut deadline = Instant::now() + FLUSH_AFTER;
        loop {
            match next {
                Ok(Message::Full(bytes)) => self.write(&bytes),
                Ok(Message::Armed) | Err(RecvTimeoutError::Timeout) => {}
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return self.sweep(),
            }
            let now = Instant::now();
            next = if now < deadline {
                messages.recv_timeout(deadline - now)
            } else {
                self.sweep();
                let woken = messages.recv().map_err(|_| RecvTimeoutError::Disconnected);
                deadline = Instant::now() + FLUSH_AFTER;
                woken
            };
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Pipe {
        written: Arc<Mutex<Vec<u8>>>,
        /// While it is held, nobody reads the pipe.
        gate: Arc<Mutex<()>>,
        broken: bool,
    }

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let _open = self.gate.lock().unwrap();
            if self.broken {
                return Err(std::io::ErrorKind::BrokenPipe.into());
            }
            self.written.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl Pipe {
        fn lines(&self) -> u64 {
            self.written.lock().unwrap().iter().filter(|&&byte| byte == b'\n').count() as u64
        }
    }

    fn start(pipe: &Pipe) -> (Sink, IntCounter) {
        let dropped = IntCounter::new("dropped", "dropped").unwrap();
        (Sink::start(Box::new(pipe.clone()), &dropped).unwrap(), dropped)
    }

    #[test]
    fn a_line_is_written_soon_without_anybody_asking() {
        let pipe = Pipe::default();
        let (sink, _) = start(&pipe);
        let deadline = Instant::now() + Duration::from_secs(20);
        for round in 1..=2 {
            sink.worker().line(|out| out.extend_from_slice(b"line"));
            while pipe.lines() < round {
                assert!(Instant::now() < deadline, "the line was never written");
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        assert_eq!(*pipe.written.lock().unwrap(), b"line\nline\n");
    }

    #[test]
    fn stopping_writes_what_waits_in_every_buffer() {
        let pipe = Pipe::default();
        let (sink, dropped) = start(&pipe);
        for worker in [sink.worker(), sink.worker()] {
            worker.line(|out| out.extend_from_slice(&vec![b'x'; FLUSH_BYTES]));
            worker.line(|out| out.extend_from_slice(b"short"));
        }
        sink.stop(Duration::from_secs(20));
        assert_eq!((pipe.lines(), dropped.get()), (4, 0));
    }

    #[test]
    fn a_pipe_that_nobody_reads_loses_lines_and_stops_nobody() {
        let pipe = Pipe::default();
        let (sink, dropped) = start(&pipe);
        let worker = sink.worker();
        let closed = pipe.gate.lock().unwrap();
        // Would block for ever here if it waited for the pipe.
        for _ in 0..(WAITING * 2) {
            worker.line(|out| out.extend_from_slice(&vec![b'x'; FLUSH_BYTES]));
        }
        assert!(dropped.get() > 0);
        drop(closed);
        sink.stop(Duration::from_secs(20));
        assert_eq!(pipe.lines() + dropped.get(), (WAITING * 2) as u64, "every line is written or counted");
    }

    #[test]
    fn stopping_does_not_wait_for_ever() {
        let pipe = Pipe::default();
        let (sink, _) = start(&pipe);
        let _closed = pipe.gate.lock().unwrap();
        sink.worker().line(|out| out.extend_from_slice(b"line"));
        let begun = Instant::now();
        sink.stop(Duration::from_millis(50));
        assert!(begun.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn lines_that_cannot_be_written_are_counted() {
        let pipe = Pipe { broken: true, ..Pipe::default() };
        let (sink, dropped) = start(&pipe);
        let worker = sink.worker();
        (0..3).for_each(|_| worker.line(|out| out.extend_from_slice(b"line")));
        sink.stop(Duration::from_secs(20));
        assert_eq!(dropped.get(), 3);
    }
}
