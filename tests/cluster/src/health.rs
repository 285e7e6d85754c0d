//! Waits for real health and, when it does not come, shows the lines that matter.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::layout::Layout;
use crate::process::Process;
use crate::shell::tail;

/// Asks `probe` until it says yes. Fails with the log of `daemon` when `limit` passes or the daemon ends.
pub fn wait(layout: &Layout, daemon: &Process, limit: Duration, mut probe: impl FnMut() -> Result<()>) -> Result<()> {
    let deadline = Instant::now() + limit;
    loop {
        let Err(error) = probe() else { return Ok(()) };
        if !daemon.alive() {
            bail!("{} ended. {}", daemon.name, explain(&layout.log(&daemon.name)));
        }
        if Instant::now() > deadline {
            let log = explain(&layout.log(&daemon.name));
            bail!("{} is not healthy after {} s: {error:#}\n{log}", daemon.name, limit.as_secs());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The last lines of `log` that matter and where the rest is.
pub fn explain(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    if text.trim().is_empty() {
        return format!("Its log is empty: {}", log.display());
    }
    format!("The last lines that matter:\n{}\nAll of it: {}", important(&text), log.display())
}

/// The last eight errors of a log, or simply its last eight lines.
fn important(text: &str) -> String {
    let matters = |line: &&str| {
        let lower = line.to_ascii_lowercase();
        // klog writes E1121 or F1121 at the front; the others spell the level out.
        (line.starts_with(['E', 'F']) && line.as_bytes().get(1).is_some_and(u8::is_ascii_digit))
            || ["error", "fatal", "panic"].iter().any(|word| lower.contains(word))
    };
    let errors: Vec<&str> = text.lines().filter(matters).collect();
    if errors.is_empty() { tail(text, 8) } else { tail(&errors.join("\n"), 8) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_come_before_chatter() {
        let text = "I1121 fine\nE1121 10:00 broken\nI1121 fine again\nlevel=fatal msg=no";
        assert_eq!(important(text), "E1121 10:00 broken\nlevel=fatal msg=no");
        assert_eq!(important("one\ntwo"), "one\ntwo");
    }

    #[test]
    fn a_daemon_that_ended_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout { name: "t".into(), dir: dir.path().to_path_buf() };
        let gone = Process { name: "etcd".into(), pid: 1, started: 0, boot: "never".into() };
        let error = wait(&layout, &gone, Duration::from_secs(60), || bail!("not yet")).unwrap_err();
        assert!(error.to_string().starts_with("etcd ended. Its log is empty"));
    }
}
