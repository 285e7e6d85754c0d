//! Calls kubectl with the right kubeconfig.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::shell::{run, run_with_input, without_foreign_variables};

/// kubectl, aimed at one cluster.
#[derive(Debug, Clone)]
pub struct Kubectl {
    /// The program.
    pub program: PathBuf,
    /// The kubeconfig; `None` leaves the choice to the caller's environment.
    pub kubeconfig: Option<PathBuf>,
}

impl Kubectl {
    /// The command, ready for more arguments.
    pub fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(&self.program);
        if let Some(kubeconfig) = &self.kubeconfig {
            without_foreign_variables(&mut command).env("KUBECONFIG", kubeconfig);
        }
        command.args(args);
        command
    }

    /// Runs it and returns what it printed.
    pub fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<String> {
        run(&mut self.command(args))
    }

    /// Applies objects (YAML or JSON) on the server's side.
    pub fn apply(&self, objects: &str) -> Result<String> {
        let args = ["apply", "--server-side", "--force-conflicts", "--field-manager=shipshape-cluster", "-f", "-"];
        run_with_input(&mut self.command(&args), objects.as_bytes())
    }
}
