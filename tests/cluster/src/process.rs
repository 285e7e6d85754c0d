//! Long-running processes: started detached with a log file, remembered so that a reused process id is never killed.

use std::fs::{self, OpenOptions};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use serde::{Deserialize, Serialize};

/// A process that outlives the command that started it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// The daemon's name, which is also its log file's: `logs/NAME.log`.
    pub name: String,
    /// The process id.
    pub pid: u32,
    /// When it started, in clock ticks since boot (field 22 of `/proc/PID/stat`).
    pub started: u64,
    /// The boot that `started` counts from.
    pub boot: String,
}

impl Process {
    /// Starts `command` in a process group of its own with its output in `log`.
    pub fn start(name: &str, command: &mut Command, log: &Path) -> Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        Self::of(name, child.id())
    }

    /// The record of the running process `pid`.
    pub fn of(name: &str, pid: u32) -> Result<Self> {
        let started = start_time(pid).with_context(|| format!("{name} ended as soon as it started"))?;
        Ok(Self { name: name.to_owned(), pid, started, boot: boot_id() })
    }

    /// Whether exactly this process still runs (a zombie does not).
    pub fn alive(&self) -> bool {
        self.reap();
        self.boot == boot_id() && start_time(self.pid) == Some(self.started)
    }

    /// Asks it to end, waits up to `grace`, then ends it; returns whether it had to be forced.
    pub fn stop(&self, grace: Duration) -> bool {
        if !self.alive() {
            return false;
        }
        signal(self.pid, Signal::TERM);
        if gone_within(grace, || !self.alive()) {
            return false;
        }
        signal(self.pid, Signal::KILL);
        gone_within(Duration::from_secs(5), || !self.alive());
        true
    }

    /// Collects the exit status when the process is a child of ours, so that no zombie stays.
    fn reap(&self) {
        if let Some(pid) = raw(self.pid) {
            let _not_ours = waitpid(Some(pid), WaitOptions::NOHANG);
        }
    }
}

/// Sends `signal` to `pid`; a process that is gone is no error.
pub fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = raw(pid) {
        let _gone = kill_process(pid, signal);
    }
}

/// Looks at `done` until it holds or `limit` has passed; returns whether it held.
pub fn gone_within(limit: Duration, done: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    while !done() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    true
}

/// When `pid` started, unless it is gone or a zombie.
pub fn start_time(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    parse_start(&stat)
}

/// The kernel's name for this boot; empty where the system has none.
pub fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

/// The command's name may hold spaces and parentheses, so fields are counted from the last `)`.
fn parse_start(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    if fields.next()? == "Z" {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

fn raw(pid: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(pid).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "42 (a ) b) S 1 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4711 0 0 0";

    #[test]
    fn the_start_time_is_field_22_whatever_the_name() {
        assert_eq!(parse_start(STAT), Some(4711));
        assert_eq!(parse_start(&STAT.replace(") S", ") Z")), None);
    }

    #[test]
    fn a_reused_pid_is_not_the_same_process() {
        let me = Process::of("test", std::process::id()).unwrap();
        assert!(me.alive());
        let other = Process { started: me.started + 1, ..me.clone() };
        assert!(!other.alive(), "another start time means another process");
        let before = Process { boot: "another boot".into(), ..me };
        assert!(!before.alive());
    }

    #[test]
    fn a_stubborn_process_is_forced() {
        let dir = tempfile::tempdir().unwrap();
        let script = "trap '' TERM; echo ready; while :; do sleep 1; done";
        let log = dir.path().join("log");
        let process = Process::start("stubborn", Command::new("sh").args(["-c", script]), &log).unwrap();
        assert!(gone_within(Duration::from_secs(10), || fs::read_to_string(&log).unwrap().contains("ready")));
        assert!(process.stop(Duration::from_millis(100)));
        assert!(!process.alive());
    }
}
