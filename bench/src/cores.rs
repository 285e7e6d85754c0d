//! Which core does what, so that the proxy never competes with its load.

use std::process::{Child, Command};

use anyhow::{Context, Result, anyhow};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde::Serialize;

/// The most cores that a machine is searched for.
const SEARCHED: usize = 1024;

/// Open files of a proxy with ten thousand clients, each with a connection to the app.
const FILES: u64 = 32_768;

/// Who runs where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cores {
    /// The core of load generator and app.
    pub load: usize,
    /// The core of the proxy; the same one where this process may use only one.
    pub proxy: usize,
}

impl Cores {
    /// The first two cores that this process may use.
    ///
    /// # Errors
    /// When the kernel does not tell.
    pub fn choose() -> Result<Self> {
        let allowed = sched_getaffinity(None).context("the kernel does not tell which cores may be used")?;
        let mut cores = (0..SEARCHED).filter(|core| allowed.is_set(*core));
        let load = cores.next().context("no core may be used")?;
        Ok(Self { load, proxy: cores.next().unwrap_or(load) })
    }

    /// Whether the proxy has a core for itself.
    #[must_use]
    pub fn are_apart(&self) -> bool {
        self.load != self.proxy
    }
}

/// Keeps the calling thread, and those that it starts from now on, on one core.
///
/// # Errors
/// When the core may not be used.
pub fn stay_on(core: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(None, &set).with_context(|| format!("cannot stay on core {core}"))
}

/// Starts a program on one core. A process inherits the core of the thread that starts it, so no thread of it is ever
/// elsewhere.
///
/// # Errors
/// When the core may not be used or the program cannot be started.
pub fn spawn_on(core: usize, command: &mut Command) -> Result<Child> {
    let program = command.get_program().to_string_lossy().into_owned();
    let start = || {
        stay_on(core)?;
        command.spawn().with_context(|| format!("cannot start {program}"))
    };
    std::thread::scope(|scope| scope.spawn(start).join())
        .map_err(|_| anyhow!("the thread that starts {program} ended"))?
}

/// Lets this process, and those that it starts, open as many files as ten thousand connections need, or at least as
/// many as it may.
///
/// # Errors
/// When the kernel refuses.
pub fn open_many_files() -> Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let wanted = maximum.map(|maximum| maximum.max(FILES));
    let raised = setrlimit(Resource::Nofile, Rlimit { current: wanted, maximum: wanted });
    raised
        .or_else(|_| setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }))
        .context("cannot raise the limit of open files")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_runs_on_the_core_it_is_given() {
        let cores = Cores::choose().unwrap();
        for core in [cores.load, cores.proxy] {
            let mut command = Command::new("cat");
            command.arg("/proc/self/status").stdout(std::process::Stdio::piped());
            let output = spawn_on(core, &mut command).unwrap().wait_with_output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let line = text.lines().find(|line| line.starts_with("Cpus_allowed_list:")).unwrap();
            assert_eq!(line.split_whitespace().nth(1), Some(core.to_string().as_str()), "{line}");
        }
        assert!(spawn_on(SEARCHED - 1, &mut Command::new("cat")).is_err());
        assert!(spawn_on(cores.load, &mut Command::new("no-such-program")).is_err());
    }
}
