//! Prints one line per step with the time that it took.

use std::fmt::Display;
use std::io::{Result as IoResult, Write};
use std::time::{Duration, Instant};

use anyhow::Result;

/// Where the progress of a command goes.
pub struct Steps<'a> {
    out: &'a mut dyn Write,
}

impl<'a> Steps<'a> {
    /// Prints to `out`; use [`std::io::sink`] for silence.
    pub fn new(out: &'a mut dyn Write) -> Self {
        Self { out }
    }

    /// Does `work` and prints `label` with its time, or with a cross when it fails.
    pub fn run<T>(&mut self, label: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let start = Instant::now();
        let result = work();
        let mark = if result.is_ok() { "✔" } else { "✘" };
        self.line(format_args!(" {mark} {label:<52} {:>7}", human(start.elapsed())))?;
        result
    }

    /// Prints a line of its own.
    pub fn line(&mut self, text: impl Display) -> IoResult<()> {
        writeln!(self.out, "{text}")?;
        self.out.flush()
    }
}

/// A duration as people write it: `0.4s`, `8.1s`, `2m41s`.
pub fn human(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds >= 60 { format!("{}m{:02}s", seconds / 60, seconds % 60) } else { format!("{:.1}s", time.as_secs_f64()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_well() {
        assert_eq!(human(Duration::from_millis(410)), "0.4s");
        assert_eq!(human(Duration::from_secs(161)), "2m41s");
    }

    #[test]
    fn a_failed_step_is_crossed() {
        let mut out = Vec::new();
        let result: Result<()> = Steps::new(&mut out).run("start etcd", || anyhow::bail!("no"));
        assert!(result.is_err());
        assert!(String::from_utf8(out).unwrap().contains("✘ start etcd"));
    }
}
