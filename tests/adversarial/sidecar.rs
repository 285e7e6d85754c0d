//! A sidecar as a pod runs it: the optimised program, its configuration written by `shipshape local`.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::Value;
use shipshape_tests::http::Client;
use shipshape_tests::process::{address, built_elsewhere, run};
use shipshape_tests::repository::root;
use tempfile::TempDir;

use super::connect::Trust;
use super::table;

const NAME: &str = "adversary";
/// How long it may take to serve.
const PATIENCE: Duration = Duration::from_secs(30);
/// What stands in the address of a port that is to be free.
const FREE: [&str; 6] = ["--https", "127.0.0.1:0", "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0"];

/// Where a sidecar is, and whom it is trusted as.
#[derive(Clone)]
pub struct Addresses {
    /// Where it accepts TLS.
    pub https: SocketAddr,
    /// Where it accepts plain HTTP.
    pub http: SocketAddr,
    /// Trusts its CA.
    pub trust: Trust,
}

/// A running sidecar; killed when dropped.
pub struct Sidecar {
    child: Child,
    state: TempDir,
    app: SocketAddr,
    errors: Arc<Mutex<Vec<String>>>,
    /// Where it accepts TLS.
    pub https: SocketAddr,
    /// Where it accepts plain HTTP.
    pub http: SocketAddr,
    /// Its admin port.
    pub admin: SocketAddr,
    /// Trusts its CA.
    pub trust: Trust,
}

impl Sidecar {
    /// Starts one in front of an app, from within a runtime of several threads. `spec` is what stands beside `spec.app`, as JSON.
    ///
    /// # Errors
    /// When it cannot be built, or does not serve.
    pub fn start(app: SocketAddr, spec: &Value) -> Result<Self> {
        tokio::task::block_in_place(|| Self::launch(app, spec, Command::new(binary()?)))
    }

    /// The same with so few files that it may have open.
    ///
    /// # Errors
    /// When it cannot be built, or does not serve.
    pub fn with_few_files(app: SocketAddr, spec: &Value, files: usize) -> Result<Self> {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -n {files} && exec \"$0\" \"$@\"")]).arg(binary()?);
        tokio::task::block_in_place(|| Self::launch(app, spec, command))
    }

    fn launch(app: SocketAddr, spec: &Value, mut command: Command) -> Result<Self> {
        let state = TempDir::new()?;
        configure(&state, app, spec)?;
        command.arg("run").arg("--config").arg(state.path().join(format!("{NAME}.json")));
        command.arg("--control").arg(state.path().join("control.sock")).args(FREE);
        command.args(["--app", &app.to_string(), "--workers", "1"]).stdin(Stdio::null()).stdout(Stdio::null());
        let mut child = command.stderr(Stdio::piped()).spawn().context("starting the sidecar")?;
        let errors = Arc::new(Mutex::new(Vec::new()));
        let Some(serving) = listen(&mut child, &errors) else {
            drop(child.kill());
            bail!("the sidecar does not serve: {:?}", errors.lock().unwrap_or_else(PoisonError::into_inner));
        };
        let trust = Trust::new(&std::fs::read_to_string(state.path().join("ca.pem"))?)?;
        let [https, http, admin] = ["https", "http", "admin"].map(|name| address(&serving, name));
        Ok(Self { child, state, app, errors, https: https?, http: http?, admin: admin?, trust })
    }

    /// What its clients need.
    pub fn addresses(&self) -> Addresses {
        Addresses { https: self.https, http: self.http, trust: self.trust.clone() }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Writes another configuration, and with it a new certificate of the same CA, as `shipshape local` does.
    ///
    /// # Errors
    /// When it is refused.
    pub fn configure(&self, spec: &Value) -> Result<()> {
        tokio::task::block_in_place(|| configure(&self.state, self.app, spec))
    }

    /// Changes the configuration's file, whole at once as the kubelet does.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn rewrite(&self, change: impl FnOnce(&mut Value)) -> Result<()> {
        let path = self.state.path().join(format!("{NAME}.json"));
        let mut config: Value = serde_json::from_str(&std::fs::read_to_string(&path)?)?;
        change(&mut config);
        let next = self.state.path().join(".next");
        std::fs::write(&next, serde_json::to_vec_pretty(&config)?)?;
        Ok(std::fs::rename(next, path)?)
    }

    /// The sum of a metric's samples; 0 where there is none yet.
    ///
    /// # Errors
    /// When the admin port does not answer.
    pub async fn metric(&self, name: &str) -> Result<f64> {
        let answer = Client::new(self.admin, "localhost", None)?.get("/metrics", &[]).await?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let lines = text.lines().filter(|line| {
            line.strip_prefix(name).is_some_and(|rest| name.ends_with('}') || rest.starts_with(['{', ' ']))
        });
        Ok(lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
    }

    /// Nothing in it broke: it runs, answers probes, and no request ended in a panic.
    ///
    /// # Errors
    /// When something did.
    pub async fn is_sound(&mut self) -> Result<()> {
        ensure!(self.child.try_wait()?.is_none(), "the sidecar has ended: {:?}", self.said());
        let live = Client::new(self.admin, "localhost", None)?.get("/livez", &[]).await?;
        ensure!(live.status == 200, "/livez: {live:?}");
        let panics = self.metric("shipshape_panics_total").await?;
        ensure!(panics == 0.0, "{panics} requests ended in a panic");
        let said = self.said();
        ensure!(!said.iter().any(|line| line.contains("panicked")), "{said:?}");
        Ok(())
    }

    /// Begins a drain, as the hook of a pod does.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn drain(&self) -> Result<()> {
        let mut command = Command::new(binary()?);
        let done = command.arg("drain").arg("--control").arg(self.state.path().join("control.sock")).output()?;
        ensure!(done.status.success(), "drain: {}", String::from_utf8_lossy(&done.stderr));
        Ok(())
    }

    /// Tells it to end.
    ///
    /// # Errors
    /// When it has ended already.
    pub fn terminate(&self) -> Result<()> {
        let pid = i32::try_from(self.pid()).ok().and_then(rustix::process::Pid::from_raw).context("no process id")?;
        Ok(rustix::process::kill_process(pid, rustix::process::Signal::TERM)?)
    }

    /// How it ended, if it did.
    ///
    /// # Errors
    /// When the kernel does not tell.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    fn said(&self) -> Vec<String> {
        self.errors.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Thousands of connections need as many files: as many as this user may have, here and in what is started from here.
///
/// # Errors
/// When the kernel refuses.
pub fn raise_the_limit_of_files() -> Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?)
}

fn configure(state: &TempDir, app: SocketAddr, spec: &Value) -> Result<()> {
    let mut spec = spec.clone();
    spec["app"] = serde_json::json!({"image": "app.example/app:1", "port": app.port()});
    let manifest = serde_json::json!({"apiVersion": "shipshape.dev/v1alpha1", "kind": "ApiService",
        "metadata": {"name": NAME, "namespace": "test"}, "spec": spec});
    let file = state.path().join("service.yaml");
    std::fs::write(&file, serde_json::to_vec_pretty(&manifest)?)?;
    let (file, state) = (file.display().to_string(), state.path().display().to_string());
    let app = app.to_string();
    let asked = ["local", "-f", &file, "--state", &state, "--print-config", "--app", &app];
    run("shipshape", &[&asked[..], &FREE[..]].concat())?;
    Ok(())
}

/// Waits for the line that says where it serves, and keeps what it says later.
fn listen(child: &mut Child, errors: &Arc<Mutex<Vec<String>>>) -> Option<Value> {
    let output = child.stderr.take()?;
    let (sender, receiver) = mpsc::channel();
    let errors = Arc::clone(errors);
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let value: Option<Value> = serde_json::from_str(&line).ok();
            if let Some(serving) = value.filter(|value| value["msg"] == "serving") {
                // Whoever waited may have given up.
                let _ = sender.send(serving);
            }
            let mut lines = errors.lock().unwrap_or_else(PoisonError::into_inner);
            if lines.len() < 1000 {
                lines.push(line);
            }
        }
    });
    receiver.recv_timeout(PATIENCE).ok()
}

/// The optimised program, built once.
fn binary() -> Result<PathBuf> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let built = built_elsewhere().map(|folder| folder.join("shipshape-sidecar"));
        built.map_or_else(|| build().map_err(|error| format!("{error:#}")), Ok)
    });
    built.clone().map_err(anyhow::Error::msg)
}

fn build() -> Result<PathBuf> {
    table::say("building the optimised sidecar", ());
    let made = Command::new("make").args(["binaries", "PACKAGES=shipshape-sidecar"]).current_dir(root()).output()?;
    ensure!(made.status.success(), "make binaries: {}", String::from_utf8_lossy(&made.stderr));
    let told = Command::new("rustc").arg("-vV").output()?;
    let told = String::from_utf8(told.stdout)?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc -vV names no host")?;
    Ok(root().join("target").join(host).join("quick/shipshape-sidecar"))
}
