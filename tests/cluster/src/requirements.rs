//! Says what this machine lacks, in plain words, and installs it where it may.

use std::fmt::Write as _;
use std::io::{BufRead, IsTerminal, Write};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use rustix::process::geteuid;

use crate::node::cni_plugins;
use crate::shell::find;
use crate::state::Mode;
use crate::{binaries, shell};

/// Programs that a node needs and the Debian packages that bring them.
const PROGRAMS: [(&str, &str); 10] = [
    ("containerd", "containerd"),
    ("ctr", "containerd"),
    ("runc", "runc"),
    ("nft", "nftables"),
    ("ip", "iproute2"),
    ("conntrack", "conntrack"),
    ("busybox", "busybox-static"),
    ("nsenter", "util-linux"),
    ("unshare", "util-linux"),
    ("mount", "mount"),
];

/// What stands between this machine and a cluster.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// Debian packages to install.
    pub packages: Vec<&'static str>,
    /// Go is not there and something has still to be built.
    pub go: bool,
    /// The caller is not root.
    pub root: bool,
    /// The system is not Linux.
    pub linux: bool,
}

impl Missing {
    /// Looks at this machine.
    pub fn find(mode: Mode) -> Self {
        let go = find("go").is_none() && !binaries::complete(mode == Mode::ControlPlane);
        if mode == Mode::ControlPlane {
            return Self { go, ..Self::default() };
        }
        let mut packages: Vec<&'static str> =
            PROGRAMS.iter().filter(|(program, _)| find(program).is_none()).map(|(_, package)| *package).collect();
        if cni_plugins().is_none() {
            packages.push("containernetworking-plugins");
        }
        packages.dedup();
        Self { packages, go, root: !geteuid().is_root(), linux: !cfg!(target_os = "linux") }
    }

    /// One sentence per thing; empty when nothing is missing.
    pub fn describe(&self) -> String {
        let Self { packages, go, root, linux } = self;
        let mut text = String::new();
        if *linux {
            text.push_str("- Pods need Linux; `cluster up --control-plane-only` works without.\n");
        }
        if *root {
            text.push_str("- A node needs root (network namespaces, mounts, cgroups): use sudo, or `cluster up --control-plane-only`.\n");
        }
        if *go {
            text.push_str("- Go builds Kubernetes, and it is not there: https://go.dev/doc/install (1.26; from 1.21 on, Go fetches that by itself).\n");
        }
        if !packages.is_empty() {
            let _infallible = writeln!(
                text,
                "- Missing Debian packages: {}. `cluster requirements --install` installs them.",
                packages.join(" ")
            );
        }
        text
    }
}

/// Fails with everything that is missing for `mode`.
pub fn check(mode: Mode) -> Result<()> {
    let text = Missing::find(mode).describe();
    ensure!(text.is_empty(), "this machine cannot run the cluster yet:\n{text}");
    Ok(())
}

/// Whether a test that needs a cluster of this mode can run here. Where it cannot, `CI=true` makes it an error, and
/// elsewhere the test's name and the reason go to standard error, so that nobody takes a skipped test for a passed one.
pub fn available(mode: Mode, test: &str) -> Result<bool> {
    let Err(reason) = check(mode) else { return Ok(true) };
    ensure!(!says("CI", "true"), "{test} cannot run: {reason:#}");
    writeln!(std::io::stderr(), "LEFT OUT: {test}: {reason:#}")?;
    Ok(false)
}

/// Installs the missing packages after a yes; says what it cannot install.
pub fn install(out: &mut dyn Write) -> Result<()> {
    let missing = Missing::find(Mode::Node);
    if missing.packages.is_empty() {
        return check(Mode::Node);
    }
    let apt = shell::find("apt-get").with_context(|| {
        format!("no apt-get here: install what your system calls {} by its own means", missing.packages.join(", "))
    })?;
    ensure!(geteuid().is_root(), "installing packages needs root: use sudo");
    writeln!(out, "This installs: {}", missing.packages.join(" "))?;
    agree(out)?;
    let get = |words: &[&str]| {
        let mut command = Command::new(&apt);
        command.args(words).env("DEBIAN_FRONTEND", "noninteractive").status().context("cannot start apt-get")
    };
    let words = [&["install", "--yes", "--no-install-recommends"], missing.packages.as_slice()].concat();
    if !get(&words)?.success() {
        // A fresh machine has no package lists yet.
        get(&["update"])?;
        let status = get(&words)?;
        ensure!(status.success(), "apt-get install failed ({status}); what it said stands above");
    }
    check(Mode::Node)
}

/// A yes on the terminal, `YES=1` or `CI=true`.
fn agree(out: &mut dyn Write) -> Result<()> {
    if says("YES", "1") || says("CI", "true") {
        return Ok(());
    }
    let stdin = std::io::stdin();
    ensure!(stdin.is_terminal(), "nobody to ask: run it on a terminal or set YES=1");
    write!(out, "Go on? [y/N] ")?;
    out.flush()?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    if !matches!(answer.trim(), "y" | "Y" | "yes") {
        bail!("nothing was installed");
    }
    Ok(())
}

fn says(name: &str, value: &str) -> bool {
    std::env::var(name).is_ok_and(|found| found == value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_lack_is_named_with_what_to_do() {
        let text = Missing { packages: vec!["runc"], go: true, root: true, linux: true }.describe();
        for word in ["runc", "--install", "go.dev", "sudo", "--control-plane-only"] {
            assert!(text.contains(word), "{word} is not in {text}");
        }
        assert_eq!(Missing::default().describe(), "");
    }
}
