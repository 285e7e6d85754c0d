//! What others wrote and the suites run: h2spec, built by Go into a cache; kosoku and sslyze, in a Python environment.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use shipshape_tests::repository::root;

/// The Go package of h2spec's main function; its release stands in `tools/go.mod`.
const H2SPEC: &str = "github.com/summerwind/h2spec/cmd/h2spec";

/// What a step needs that is not of this workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// Go, which builds h2spec.
    Go,
    /// Python with its `venv` module.
    Python,
}

impl Tool {
    /// What is missing and what to do about it; nothing where it is there.
    fn lack(self) -> Option<&'static str> {
        let (program, args, lack): (_, &[&str], _) = match self {
            Self::Go => ("go", &["version"], "Go is missing, which builds h2spec: https://go.dev/doc/install"),
            Self::Python => (
                "python3",
                &["-c", "import venv, ensurepip"],
                "Python 3 with venv is missing, which runs kosoku and sslyze: apt-get install python3-venv",
            ),
        };
        let status = Command::new(program).args(args).stdout(Stdio::null()).stderr(Stdio::null()).status();
        (!status.is_ok_and(|status| status.success())).then_some(lack)
    }
}

/// Whether a step cannot run here and is left out, which is said on standard error. Under `CI=true` nothing is left
/// out: the step runs and fails with the reason.
pub fn left_out(step: &str, needs: &[Tool]) -> bool {
    let Some(lack) = needs.iter().find_map(|tool| tool.lack()) else { return false };
    if std::env::var("CI").is_ok_and(|value| value == "true") {
        return false;
    }
    // Nobody reads what cannot be written.
    let _ = writeln!(std::io::stderr(), "LEFT OUT: {step}: {lack}");
    true
}

/// h2spec, built once for the modules as they are pinned.
///
/// # Errors
/// When Go is missing or cannot build it.
pub fn h2spec() -> Result<PathBuf> {
    there(Tool::Go)?;
    let modules = folder();
    let pinned = ["go.mod", "go.sum"].map(|name| fs::read_to_string(modules.join(name)));
    let [module, sums] = pinned.map(|text| text.context("reading the pinned Go modules"));
    let bin = shipshape_cluster::cache()?.join("conformance").join(fingerprint(&[&module?, &sums?])).join("bin");
    fs::create_dir_all(&bin).with_context(|| format!("making {}", bin.display()))?;
    let _lock = locked(&bin.with_file_name("lock"))?;
    let program = bin.join("h2spec");
    if !program.exists() {
        let new = bin.join(".h2spec.new");
        let mut build = Command::new("go");
        build.current_dir(&modules).env("CGO_ENABLED", "0").args(["build", "-trimpath", "-buildvcs=false", "-o"]);
        succeed(build.arg(&new).arg(H2SPEC))?;
        fs::rename(&new, &program)?;
    }
    Ok(program)
}

/// A program of the Python environment, which is made on first use and when `requirements.txt` changes.
///
/// # Errors
/// When Python is missing or a package cannot be installed.
pub fn python(program: &str) -> Result<PathBuf> {
    there(Tool::Python)?;
    let wanted = folder().join("requirements.txt");
    let environment = target().join("conformance/venv");
    fs::create_dir_all(environment.with_file_name(""))?;
    let _lock = locked(&environment.with_extension("lock"))?;
    let installed = environment.join("requirements.txt");
    if fs::read(&installed).ok() != Some(fs::read(&wanted)?) {
        succeed(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
        let mut pip = Command::new(environment.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"]);
        succeed(pip.arg(&wanted))?;
        fs::copy(&wanted, &installed)?;
    }
    Ok(environment.join("bin").join(program))
}

fn there(tool: Tool) -> Result<()> {
    if let Some(lack) = tool.lack() {
        bail!("{lack}");
    }
    Ok(())
}

fn folder() -> PathBuf {
    root().join("tests/conformance/tools")
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// One process at a time makes a tool; the lock ends with the file.
fn locked(path: &Path) -> Result<File> {
    let file = File::create(path).with_context(|| format!("making {}", path.display()))?;
    file.lock()?;
    Ok(file)
}

fn fingerprint(texts: &[&str]) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    texts.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn succeed(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("starting {command:?}"))?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {}{errors}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}
