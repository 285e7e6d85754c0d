//! The sidecar's program, built as it is shipped.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// How images get their programs; the Makefile's `binaries` and the Dockerfile say the same, and a test compares them.
const STATIC: &str = r#"-C target-feature=+crt-static --cfg getrandom_backend="linux_getrandom""#;
const PACKAGE: &str = "shipshape-sidecar";
/// How its code is used, as `make profile` recorded it.
const USAGE: &str = "sidecar/usage.profdata";

/// The repository's root.
#[must_use]
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Builds the sidecar with a profile, and tells where it is. Nothing is done where it is up to date.
///
/// # Errors
/// When cargo cannot be run, or the sidecar does not build: cargo has said why.
pub fn build(profile: &str) -> Result<PathBuf> {
    let host = host()?;
    let status = Command::new(cargo())
        .args(["build", "--locked", "--profile", profile, "--target", &host, "--package", PACKAGE])
        .env("RUSTFLAGS", format!("{STATIC} -C profile-use={}", root().join(USAGE).display()))
        .current_dir(root())
        .stdout(Stdio::null())
        .status()
        .context("cannot run cargo: give a sidecar with --sidecar")?;
    ensure!(status.success(), "the sidecar does not build: give another one with --sidecar");
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(root().join("target").join(host).join(folder).join(PACKAGE))
}

/// Builds an example of this package, optimised as what is shipped, and tells where it is.
///
/// # Errors
/// When cargo cannot be run, or it does not build: cargo has said why.
pub fn example(name: &str) -> Result<PathBuf> {
    let status = Command::new(cargo())
        .args(["build", "--quiet", "--locked", "--release", "--package", env!("CARGO_PKG_NAME")])
        .args(["--example", name])
        .current_dir(root())
        .stdout(Stdio::null())
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "the example {name} does not build");
    Ok(root().join("target/release/examples").join(name))
}

/// The version of the compiler, such as 1.95.0.
///
/// # Errors
/// When rustc cannot be run.
pub fn compiler() -> Result<String> {
    let output = Command::new("rustc").arg("--version").output().context("cannot run rustc")?;
    let text = String::from_utf8(output.stdout)?;
    Ok(text.split_whitespace().nth(1).context("rustc --version names no version")?.to_owned())
}

/// The short id of the commit, and whether files differ from it; `unknown` without git.
#[must_use]
pub fn commit() -> (String, bool) {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(root()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    let changed = git(&["status", "--porcelain", "--", "sidecar", "crds", "Cargo.toml", "Cargo.lock"]);
    (commit, changed.is_none_or(|changed| !changed.is_empty()))
}

fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

fn host() -> Result<String> {
    let output =
        Command::new("rustc").arg("-vV").output().context("cannot run rustc: give a sidecar with --sidecar")?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc -vV names no host")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_measured_is_built_like_what_is_shipped() {
        for file in ["Makefile", "Dockerfile"] {
            let text = std::fs::read_to_string(root().join(file)).unwrap();
            assert!(text.contains(STATIC), "{file} builds with other flags than {STATIC}");
            assert!(text.contains(USAGE), "{file} builds without {USAGE}");
        }
    }

    #[test]
    fn the_machine_and_the_commit_have_names() {
        assert!(host().unwrap().split('-').count() >= 3);
        assert!(!commit().0.is_empty());
    }
}
