//! A process that is being measured: started on its core, its words kept, and ended with its owner.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::cores::spawn_on;
use crate::procfs;

/// How long a proxy may take until it serves.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long one may take to end.
const LAST_STEPS: Duration = Duration::from_secs(5);
/// How often a starting proxy is asked.
const POLL: Duration = Duration::from_millis(5);

/// A process and those that it starts; they end when this is dropped.
pub struct Process {
    child: Child,
    said: Receiver<String>,
}

impl Process {
    /// Starts a program on a core, its standard output in a file.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(command: &mut Command, core: usize, output: &Path) -> Result<Self> {
        let file = File::options().create(true).append(true).open(output);
        let file = file.with_context(|| format!("cannot write {}", output.display()))?;
        // A group of its own: what it starts ends with it.
        command.stdin(Stdio::null()).stdout(file).stderr(Stdio::piped()).process_group(0);
        let mut child = spawn_on(core, command)?;
        let said = listen_to(child.stderr.take().context("a program without standard error")?);
        Ok(Self { child, said })
    }

    /// Waits for the line of standard error in which `find` finds something.
    ///
    /// # Errors
    /// When no such line comes in time, with the lines that came.
    pub fn wait_for<T>(&mut self, find: impl Fn(&str) -> Option<T>) -> Result<T> {
        let deadline = Instant::now() + PATIENCE;
        let mut others = Vec::new();
        loop {
            let Ok(line) = self.said.recv_timeout(deadline.saturating_duration_since(Instant::now())) else {
                bail!("the proxy does not serve; it said:\n{}", others.join("\n"));
            };
            if let Some(found) = find(&line) {
                return Ok(found);
            }
            others.push(line);
        }
    }

    /// Waits until somebody accepts connections at all of these addresses.
    ///
    /// # Errors
    /// When the process ends, or nobody accepts in time, with the lines that it said.
    pub fn wait_until_it_accepts(&mut self, addresses: &[SocketAddr]) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !addresses.iter().all(|address| TcpStream::connect(address).is_ok()) {
            self.lives()?;
            ensure!(Instant::now() < deadline, "nobody accepts connections within {PATIENCE:?}");
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    /// Whether it has not ended.
    ///
    /// # Errors
    /// When it has, with the lines that it said.
    pub fn lives(&mut self) -> Result<()> {
        if self.child.try_wait()?.is_some() {
            let said: Vec<String> = self.said.iter().collect();
            bail!("the proxy does not serve; it said:\n{}", said.join("\n"));
        }
        Ok(())
    }

    /// The ids of all its processes.
    #[must_use]
    pub fn pids(&self) -> Vec<u32> {
        procfs::group(self.child.id())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) else { return };
        // One that ends by itself writes down how its code was used, where it was built for that.
        let _ = kill_process_group(group, Signal::TERM);
        let deadline = Instant::now() + LAST_STEPS;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::sleep(POLL);
        }
        // Where they have ended already, there is nothing to kill.
        let _ = kill_process_group(group, Signal::KILL);
        let _ = self.child.wait();
    }
}

/// Reads to the end, so that the process never waits for a full pipe.
fn listen_to(stderr: ChildStderr) -> Receiver<String> {
    let (lines, said) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            // Nobody listens once it serves.
            let _ = lines.send(line);
        }
    });
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cores::Cores;

    fn shell(script: &str, folder: &Path) -> Process {
        let core = Cores::choose().unwrap().proxy;
        Process::start(Command::new("sh").args(["-c", script]), core, &folder.join("output")).unwrap()
    }

    #[test]
    fn its_line_is_found_and_its_output_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut process = shell("echo out; echo one >&2; echo port=7 >&2; sleep 60", folder.path());
        let found = process.wait_for(|line| line.strip_prefix("port=").map(str::to_owned)).unwrap();
        assert_eq!(found, "7");
        let id = process.child.id();
        assert_eq!(process.pids().first(), Some(&id));
        assert_eq!(process.pids().len(), 2, "the shell and what it started");
        drop(process);
        assert!(!Path::new(&format!("/proc/{id}")).exists(), "it outlives its owner");
        assert_eq!(std::fs::read_to_string(folder.path().join("output")).unwrap(), "out\n");
    }

    #[test]
    fn what_it_said_is_told_when_it_does_not_serve() {
        let folder = tempfile::tempdir().unwrap();
        let error = shell("echo 'port taken' >&2", folder.path()).wait_for(|_| None::<()>).unwrap_err();
        assert!(error.to_string().ends_with("it said:\nport taken"), "{error}");
        let nobody = "127.0.0.1:1".parse().unwrap();
        let error = shell("echo 'port taken' >&2", folder.path()).wait_until_it_accepts(&[nobody]).unwrap_err();
        assert!(error.to_string().ends_with("it said:\nport taken"), "{error}");
    }
}
