//! What the sidecar's process costs, as the kernel counts it.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long a process may take to come to rest.
const PATIENCE: Duration = Duration::from_secs(8);

/// Time on the CPU of all threads of a process.
///
/// # Errors
/// When it has ended.
pub fn cpu(pid: u32) -> Result<Duration> {
    scheduled(pid, 0)
}

/// Time that all threads of a process were ready to run, and others ran.
///
/// # Errors
/// When it has ended.
pub fn waited(pid: u32) -> Result<Duration> {
    scheduled(pid, 1)
}

/// A field of `schedstat`, summed over all threads; see Documentation/scheduler/sched-stats of Linux.
fn scheduled(pid: u32, field: usize) -> Result<Duration> {
    let folder = format!("/proc/{pid}/task");
    let mut all = 0_u64;
    for thread in fs::read_dir(&folder).with_context(|| format!("{folder}: the sidecar has ended"))? {
        // A thread may end between being listed and being read.
        let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        all += text.split_whitespace().nth(field).and_then(|time| time.parse::<u64>().ok()).unwrap_or(0);
    }
    Ok(Duration::from_nanos(all))
}

/// Memory that a process has for itself, in KiB. Its program's pages are left out: how they count depends on how many
/// others run the same program.
///
/// # Errors
/// When it has ended.
pub fn memory(pid: u32) -> Result<i64> {
    field(pid, "RssAnon:")
}

/// The most memory that a process had since [`forget_peak`], in KiB.
///
/// # Errors
/// When it has ended.
pub fn peak(pid: u32) -> Result<i64> {
    field(pid, "VmHWM:")
}

/// Resident memory of a process, in KiB.
///
/// # Errors
/// When it has ended.
pub fn rss(pid: u32) -> Result<i64> {
    field(pid, "VmRSS:")
}

/// Starts the count of [`peak`] anew. See `clear_refs` in proc(5).
///
/// # Errors
/// When it has ended.
pub fn forget_peak(pid: u32) -> Result<()> {
    let path = format!("/proc/{pid}/clear_refs");
    fs::write(&path, "5").with_context(|| path)
}

/// Waits until the process does next to nothing; gives its time on the CPU up to then.
///
/// # Errors
/// When it has ended, or does not come to rest.
pub async fn rest(pid: u32) -> Result<Duration> {
    let began = Instant::now();
    let mut before = cpu(pid)?;
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = cpu(pid)?;
        // A polite client beside it costs about half a millisecond.
        if now.saturating_sub(before) < Duration::from_millis(4) {
            return Ok(before);
        }
        if began.elapsed() > PATIENCE {
            bail!("{PATIENCE:?} after the attack the sidecar is still busy");
        }
        before = now;
    }
}

fn field(pid: u32, name: &str) -> Result<i64> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).with_context(|| format!("{path}: the sidecar has ended"))?;
    let number = text.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok());
    number.with_context(|| format!("{path} has no {name}"))
}
