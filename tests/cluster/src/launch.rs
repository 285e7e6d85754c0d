//! Starts a daemon of the cluster in its cgroup, its network namespace and, for pods, its mount namespace.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::layout::Layout;
use crate::net;
use crate::process::Process;
use crate::shell::{tail, without_foreign_variables};

/// What the daemons of one cluster share.
#[derive(Debug)]
pub struct Launcher {
    /// The cluster's paths.
    pub layout: Layout,
    /// The folder of the built programs.
    pub bin: PathBuf,
    /// The network namespace and the `cgroup.procs` to enter; `None` starts on the host as the caller.
    pub inside: Option<Inside>,
}

/// Where daemons of a cluster with a node run.
#[derive(Debug)]
pub struct Inside {
    /// The network namespace's name.
    pub namespace: String,
    /// The file that moves a process into the cgroup.
    pub procs: PathBuf,
}

/// The mounts that a daemon sees.
pub enum Mounts<'a> {
    /// The host's.
    Host,
    /// New ones of its own, prepared by a shell script.
    Own(&'a str),
    /// Those of another process.
    Of(u32),
}

impl Launcher {
    /// Starts `program` of the built ones (or an absolute path) as the daemon `name`.
    pub fn start(&self, name: &str, program: &Path, args: &[String], mounts: &Mounts<'_>) -> Result<Process> {
        let log = self.layout.log(name);
        let mut command = self.command(&self.bin.join(program), args, mounts);
        without_foreign_variables(&mut command).current_dir("/").env("PATH", path());
        Process::start(name, &mut command, &log).with_context(|| {
            let text = fs::read_to_string(&log).unwrap_or_default();
            format!("{name} did not start; its log {} ends with:\n{}", log.display(), tail(&text, 8))
        })
    }

    /// Every link of this chain replaces itself by the next, so the process id stays the daemon's.
    fn command(&self, program: &Path, args: &[String], mounts: &Mounts<'_>) -> Command {
        let Some(Inside { namespace, procs }) = &self.inside else {
            let mut command = Command::new(program);
            command.args(args);
            return command;
        };
        let mut command = Command::new("sh");
        command.args(["-c", r#"echo $$ > "$0" && exec "$@""#]).arg(procs);
        command.arg("nsenter").arg(format!("--net={}", net::path(namespace).display()));
        match mounts {
            Mounts::Host => drop(command.arg("--")),
            Mounts::Of(pid) => drop(command.arg(format!("--mount=/proc/{pid}/ns/mnt")).arg("--")),
            Mounts::Own(script) => {
                command.args(["--", "unshare", "--mount", "--propagation", "private", "sh", "-c"]);
                command.arg(format!("set -e\n{script}\nexec \"$@\"")).arg("sh");
            }
        }
        command.arg(program).args(args);
        command
    }
}

/// The caller's PATH and the places of system programs, which `sudo` and service managers leave out.
fn path() -> String {
    format!(
        "{}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        std::env::var("PATH").unwrap_or_default()
    )
}
