//! System calls for each request: counted by the kernel, so that the host's noise does not reach them.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;

use crate::load::{Load, Plan};

/// Before counting begins.
const WARM_UP: Duration = Duration::from_millis(300);
/// How long is counted.
const WINDOW: Duration = Duration::from_secs(1);
/// What perf counts.
const EVENT: &str = "raw_syscalls:sys_enter";

/// What counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Tool {
    /// `perf stat` counts without slowing anything down.
    Perf,
    /// `strace` stops the process at each call: the count is exact, of a proxy that is slower than usual.
    Strace,
}

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Syscalls {
    /// Calls for each answered request.
    pub per_request: f64,
    /// What counted them.
    pub tool: Tool,
}

impl Tool {
    /// What this machine has and this user may use.
    #[must_use]
    pub fn find() -> Option<Self> {
        let works = |program: &str, arguments: &[&str]| {
            let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
            output.is_ok_and(|output| output.status.success())
        };
        if works("perf", &["stat", "-e", EVENT, "--", "true"]) {
            Some(Self::Perf)
        } else if works("strace", &["-c", "--", "true"]) {
            Some(Self::Strace)
        } else {
            None
        }
    }

    /// Drives this load and counts the calls of these processes.
    ///
    /// # Errors
    /// When the tool fails, or nothing was answered.
    pub async fn count(self, plan: &Plan, pids: &[u32]) -> Result<Syscalls> {
        let per_request = match self {
            Self::Perf => with_perf(plan, pids).await?,
            Self::Strace => with_strace(plan, pids).await?,
        };
        Ok(Syscalls { per_request, tool: self })
    }
}

/// The rate of calls over the rate of answers, both of a steady load.
async fn with_perf(plan: &Plan, pids: &[u32]) -> Result<f64> {
    let load = Load::start(plan)?;
    tokio::time::sleep(WARM_UP).await;
    let mut command = Command::new("perf");
    let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
    command.args(["stat", "-e", EVENT, "-p", &pids.join(","), "--", "sleep", &WINDOW.as_secs().to_string()]);
    command.env("LC_ALL", "C").stdin(Stdio::null());
    let (began, before) = (Instant::now(), load.counts());
    let output = tokio::task::spawn_blocking(move || command.output()).await?.context("perf cannot be run")?;
    let answered = load.counts().since(before).completed() as f64 / began.elapsed().as_secs_f64();
    let said = String::from_utf8_lossy(&output.stderr);
    let called = parse_perf(&said).with_context(|| format!("perf counted nothing: {said}"))?;
    ensure!(answered > 0.0, "nothing was answered while system calls were counted");
    Ok(called / answered)
}

/// All calls over all answers of a load that began and ended meanwhile.
async fn with_strace(plan: &Plan, pids: &[u32]) -> Result<f64> {
    let mut command = Command::new("strace");
    command.args(["-f", "-c", "--summary-columns=calls,name"]);
    command.args(pids.iter().flat_map(|pid| ["-p".to_owned(), pid.to_string()]));
    let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().context("strace cannot be run")?;
    let mut said = BufReader::new(child.stderr.take().context("strace without standard error")?);
    let mut line = String::new();
    while !line.contains("attached") {
        line.clear();
        ensure!(said.read_line(&mut line)? > 0, "strace did not attach: it may need root");
    }
    let load = Load::start(plan)?;
    tokio::time::sleep(WARM_UP + WINDOW).await;
    let answered = load.counts().completed();
    drop(load);
    kill_process(Pid::from_child(&child), Signal::INT)?;
    let mut summary = String::new();
    said.read_to_string(&mut summary)?;
    child.wait()?;
    let called = parse_strace(&summary).with_context(|| format!("strace counted nothing: {summary}"))?;
    ensure!(answered > 0, "nothing was answered while system calls were counted");
    Ok(called / answered as f64)
}

/// Calls per second.
fn parse_perf(said: &str) -> Option<f64> {
    let first = |marker: &str| {
        let line = said.lines().find(|line| line.contains(marker))?;
        line.split_whitespace().next()?.replace(',', "").parse::<f64>().ok()
    };
    Some(first(EVENT)? / first("seconds time elapsed")?)
}

fn parse_strace(said: &str) -> Option<f64> {
    said.lines().find(|line| line.trim_end().ends_with(" total"))?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_tools_are_understood() {
        let perf = " Performance counter stats for process id '1':\n\n   96,400   raw_syscalls:sys_enter\n\n       \
                    2.000000000 seconds time elapsed\n";
        assert_eq!(parse_perf(perf), Some(48_200.0));
        assert_eq!(parse_perf("Error: no permission"), None);
        let strace = "    calls syscall\n--------- ----------------\n      120 read\n       80 write\n--------- ----------------\n      200 total\n";
        assert_eq!(parse_strace(strace), Some(200.0));
        assert_eq!(parse_strace(""), None);
    }
}
