//! The access log of a trial: held until the table is written, then shown line by line.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The longest that a line of the log may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often is looked for it.
const LOOK: Duration = Duration::from_millis(20);

/// What was logged so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Captured(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    text: Vec<u8>,
    is_open: bool,
}

/// The end that the sidecar writes to.
pub(super) struct Tap<W> {
    captured: Captured,
    lines: W,
}

impl Captured {
    /// The end that the sidecar writes to; once opened, everything goes on to `lines`.
    pub(super) fn tap<W: Write>(&self, lines: W) -> Tap<W> {
        Tap { captured: self.clone(), lines }
    }

    /// From now on lines are shown.
    pub(super) fn open(&self) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *held = Held { text: Vec::new(), is_open: true };
    }

    /// The first line that holds a text; waits for it, because the log is written with a delay.
    pub(super) fn line(&self, text: &str) -> Option<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let log = String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner).text).into_owned();
            if let Some(line) = log.lines().find(|line| line.contains(text)) {
                return Some(line.to_owned());
            }
            if Instant::now() >= deadline {
                return None;
            }
            std::thread::sleep(LOOK);
        }
    }
}

impl<W: Write> Write for Tap<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut held = self.captured.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_open {
            drop(held);
            return self.lines.write(bytes);
        }
        held.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lines.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_held_until_they_may_be_shown() {
        let captured = Captured::default();
        let mut tap = captured.tap(Vec::new());
        tap.write_all(b"{\"code\":\"A\"}\n").unwrap();
        assert_eq!(captured.line("\"A\"").as_deref(), Some("{\"code\":\"A\"}"));
        assert!(tap.lines.is_empty());
        captured.open();
        tap.write_all(b"b\n").unwrap();
        assert_eq!(tap.lines, b"b\n");
    }
}
