//! Programs of ours that a test starts, and ends when it is done.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::repository::root;

/// How long a program may take to serve.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running program. It is killed when this is dropped.
pub struct Program {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Program {
    /// Starts a program of this workspace, building it first if need be.
    ///
    /// # Errors
    /// When it cannot be built or started.
    pub fn start(name: &str, args: &[&str]) -> Result<Self> {
        let mut command = Command::new(binary(name)?);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("starting {name}"))?;
        let lines = Arc::new(Mutex::new(Vec::new()));
        let outputs: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|output| Box::new(output) as _),
            child.stderr.take().map(|output| Box::new(output) as _),
        ];
        for output in outputs.into_iter().flatten() {
            let lines = Arc::clone(&lines);
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
                }
            });
        }
        Ok(Self { child, lines })
    }

    /// Everything it has written, line by line.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the line that says where it serves.
    ///
    /// # Errors
    /// When it ended, or did not serve in time.
    pub fn serving(&mut self) -> Result<Value> {
        self.line_where("it serves", |line| {
            let value: Value = serde_json::from_str(line).ok()?;
            (value.get("msg")? == "serving").then_some(value)
        })
    }

    /// Waits for a line from which `read` makes something.
    ///
    /// # Errors
    /// When it ended, or did not write such a line in time.
    pub fn line_where<T>(&mut self, what: &str, read: impl Fn(&str) -> Option<T>) -> Result<T> {
        let began = Instant::now();
        loop {
            if let Some(found) = self.lines().iter().find_map(|line| read(line)) {
                return Ok(found);
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended with {status} before {what}:\n{}", self.lines().join("\n"));
            }
            ensure!(began.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}\n{}", self.lines().join("\n"));
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a program of this workspace to its end, and gives what it wrote to standard error.
///
/// # Errors
/// When it failed; its output is told.
pub fn run(name: &str, args: &[&str]) -> Result<String> {
    let output = Command::new(binary(name)?).args(args).stdin(Stdio::null()).output()?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "{name} {args:?}: {}{errors}", String::from_utf8_lossy(&output.stdout));
    Ok(errors)
}

/// An address out of a line that says where something serves.
///
/// # Errors
/// When the member is missing or no address.
pub fn address(serving: &Value, member: &str) -> Result<SocketAddr> {
    let text = serving.get(member).and_then(Value::as_str).with_context(|| format!("no {member} in {serving}"))?;
    Ok(text.parse()?)
}

/// A folder of programs to be used as they are, instead of building them: `SHIPSHAPE_BINARIES`.
#[must_use]
pub fn built_elsewhere() -> Option<PathBuf> {
    std::env::var_os("SHIPSHAPE_BINARIES").map(PathBuf::from)
}

/// A program of this workspace, built once per test run.
fn binary(name: &str) -> Result<PathBuf> {
    if let Some(folder) = built_elsewhere() {
        return Ok(folder.join(name));
    }
    static BUILT: OnceLock<Result<(), String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let packages =
            ["--package", "shipshape", "--package", "shipshape-sidecar", "--package", "shipshape-example-app"];
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output =
            Command::new(cargo).args(["build", "--quiet", "--locked"]).args(packages).current_dir(root()).output();
        match output {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
            Err(error) => Err(error.to_string()),
        }
    });
    built.clone().map_err(anyhow::Error::msg)?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(target.join("debug").join(name))
}
