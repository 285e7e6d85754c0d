//! The app as a process of its own, in a group of its own, so that everything it starts ends with it.

use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process_group};

/// How long an app may take until it listens.
const START: Duration = Duration::from_secs(60);
/// How long it may take to end once told to.
const END: Duration = Duration::from_secs(5);
/// How often is looked whether it listens or has ended.
const LOOK: Duration = Duration::from_millis(50);

/// The app.
#[derive(Debug)]
pub struct AppProcess {
    child: Child,
    command: String,
    has_ended: bool,
}

impl AppProcess {
    /// Starts the command with its port in `PORT`.
    ///
    /// # Errors
    /// When the port is taken, or there is no such command.
    pub fn start(command: &[String], address: SocketAddr) -> anyhow::Result<Self> {
        let Some((program, arguments)) = command.split_first() else { bail!("name a command after --") };
        if listens(address) {
            bail!("{address} is taken already: end what listens there, or use it with --app {address}");
        }
        let child = Command::new(program)
            .args(arguments)
            .env("PORT", address.port().to_string())
            .stdin(Stdio::null())
            .process_group(0)
            .spawn();
        let child = child.with_context(|| format!("cannot start {program}: is it installed and in PATH?"))?;
        Ok(Self { child, command: command.join(" "), has_ended: false })
    }

    /// Waits until it listens.
    ///
    /// # Errors
    /// When it ends before, or never listens.
    pub async fn wait_until_it_listens(&mut self, address: SocketAddr) -> anyhow::Result<()> {
        let deadline = Instant::now() + START;
        while !listens(address) {
            if let Some(status) = self.ended()? {
                bail!("\"{}\" ended with {status} before it listened on {address}", self.command);
            }
            if Instant::now() >= deadline {
                let seconds = START.as_secs();
                bail!("\"{}\" does not listen on {address} after {seconds} s: it finds its port in PORT", self.command);
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// How it ended, where it has.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn ended(&mut self) -> anyhow::Result<Option<ExitStatus>> {
        let status = self.child.try_wait().with_context(|| format!("cannot look after \"{}\"", self.command))?;
        self.has_ended |= status.is_some();
        Ok(status)
    }

    /// Ends it and everything it started: SIGTERM first, SIGKILL for what remains.
    pub fn stop(&mut self) {
        let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) else { return };
        if !self.has_ended {
            // An error means that nothing of it is left.
            let _ = kill_process_group(group, Signal::TERM);
            let deadline = Instant::now() + END;
            while !matches!(self.ended(), Ok(Some(_)) | Err(_)) && Instant::now() < deadline {
                std::thread::sleep(LOOK);
            }
        }
        let _ = kill_process_group(group, Signal::KILL);
        let _ = self.child.wait();
    }
}

impl Drop for AppProcess {
    fn drop(&mut self) {
        self.stop();
    }
}

fn listens(address: SocketAddr) -> bool {
    std::net::TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn free() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
    }

    fn shell(script: &str) -> Vec<String> {
        ["sh", "-c", script].map(str::to_owned).to_vec()
    }

    #[tokio::test]
    async fn an_app_that_ends_early_is_told() {
        let address = free();
        let mut app = AppProcess::start(&shell("exit 3"), address).unwrap();
        let error = app.wait_until_it_listens(address).await.unwrap_err().to_string();
        assert!(error.contains("exit status: 3"), "{error}");
    }

    #[test]
    fn a_taken_port_is_told_before_anything_starts() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let error = AppProcess::start(&shell("true"), listener.local_addr().unwrap()).unwrap_err().to_string();
        assert!(error.contains("--app"), "{error}");
    }

    #[test]
    fn everything_it_started_ends_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        let script = format!("sleep 300 & echo $! > {0}.new && mv {0}.new {0} && wait", file.display());
        let mut app = AppProcess::start(&shell(&script), free()).unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        while !file.exists() {
            assert!(Instant::now() < deadline, "the script did not start");
            std::thread::sleep(LOOK);
        }
        let pid: i32 = std::fs::read_to_string(&file).unwrap().trim().parse().unwrap();
        app.stop();
        let is_gone = || {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            stat.is_empty() || stat.contains(") Z ")
        };
        while !is_gone() {
            assert!(Instant::now() < deadline, "what the app started still runs");
            std::thread::sleep(LOOK);
        }
    }
}
