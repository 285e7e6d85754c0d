//! Runs other programs to their end and turns a failure into an error that shows what they said.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};

const FOREIGN: [&str; 9] = [
    "KUBECONFIG",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
];

/// Runs `command` and returns its standard output; a failure carries the program's last words.
pub fn run(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start {}", title(command)))?;
    finish(command, &output)
}

/// Like [`run`], with `input` on standard input.
pub fn run_with_input(command: &mut Command, input: &[u8]) -> Result<String> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", title(command)))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input).with_context(|| format!("cannot write to {}", title(command)))?;
    }
    let output = child.wait_with_output()?;
    finish(command, &output)
}

/// Takes variables away from `command` that would send the cluster's own calls elsewhere.
pub fn without_foreign_variables(command: &mut Command) -> &mut Command {
    FOREIGN.iter().fold(command, |command, name| command.env_remove(name))
}

/// The first executable file called `name` on the PATH or in the directories of system programs.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/go/bin", "/usr/lib/go/bin"];
    std::env::split_paths(&path)
        .chain(system.iter().map(PathBuf::from))
        .map(|dir| dir.join(name))
        .find(|candidate| executable(candidate))
}

/// The last `lines` lines of `text`.
pub fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all.iter().skip(all.len().saturating_sub(lines)).copied().collect::<Vec<_>>().join("\n")
}

fn executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

fn finish(command: &Command, output: &Output) -> Result<String> {
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(stdout);
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let said = if stderr.trim().is_empty() { tail(&stdout, 20) } else { tail(&stderr, 20) };
    bail!("{} failed ({}):\n{said}", title(command), output.status)
}

fn title(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(OsStr::new("?"));
    let args = command.get_args().take(6).map(|arg| arg.to_string_lossy());
    std::iter::once(program.to_string_lossy()).chain(args).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_shows_the_last_words() {
        let error = run(Command::new("sh").args(["-c", "echo sorry >&2; exit 3"])).unwrap_err().to_string();
        assert!(error.contains("sorry") && error.contains("exit status: 3"), "{error}");
    }

    #[test]
    fn input_reaches_the_program() {
        assert_eq!(run_with_input(&mut Command::new("cat"), b"hello").unwrap(), "hello");
    }

    #[test]
    fn the_tail_is_the_end() {
        assert_eq!(tail("a\nb\nc", 2), "b\nc");
        assert_eq!(tail("a", 2), "a");
    }
}
