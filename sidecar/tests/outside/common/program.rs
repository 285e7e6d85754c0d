//! The real program, started and ended by its own process id.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::config::Config;

/// A sidecar that serves; killed when dropped.
pub struct Program {
    child: Child,
    folder: PathBuf,
    _config: Option<Config>,
    /// Where it accepts TLS.
    pub https: SocketAddr,
    /// Where it accepts plain HTTP.
    pub http: SocketAddr,
    /// Its admin port.
    pub admin: SocketAddr,
    /// The certificate that it had at its start, PEM.
    pub certificate: String,
}

fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_shipshape-sidecar"))
}

impl Program {
    /// Starts it and waits until it serves.
    pub fn start(config: &Config) -> Self {
        Self::of(config, &config.path())
    }

    /// Starts it with a configuration that nobody changes.
    pub fn owning(config: Config) -> Self {
        let mut program = Self::start(&config);
        program._config = Some(config);
        program
    }

    /// Starts it without naming its socket.
    pub fn with_the_usual_socket(config: &Config) -> Self {
        Self::launch(config, command().args(["run", "--config"]).arg(config.path()))
    }

    /// Starts it with the configuration at another path.
    pub fn of(config: &Config, path: &Path) -> Self {
        let socket = control(config.folder());
        let mut run = command();
        Self::launch(config, run.args(["run", "--workers", "2", "--config"]).arg(path).arg("--control").arg(socket))
    }

    fn launch(config: &Config, run: &mut Command) -> Self {
        let mut child = run.env("POD_UID", "pod-1").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let serving = lines
            .by_ref()
            .map_while(Result::ok)
            .inspect(|line| println!("{line}"))
            .find_map(|line| serde_json::from_str::<Value>(&line).ok().filter(|line| line["msg"] == "serving"));
        let Some(serving) = serving else {
            panic!("it ended without serving: {:?}", child.wait());
        };
        // Its log has to be read on, or it would wait for us; a failing test shows it.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| println!("{line}")));
        let address = |name: &str| serving[name].as_str().unwrap().parse().unwrap();
        Self {
            https: address("https"),
            http: address("http"),
            admin: address("admin"),
            child,
            _config: None,
            folder: config.folder().to_owned(),
            certificate: config.certificate().to_owned(),
        }
    }

    /// Begins a drain as the hook does.
    pub fn drain(&self) {
        let done = command().arg("drain").arg("--control").arg(control(&self.folder)).status().unwrap();
        assert!(done.success());
    }

    /// Tells it to end.
    pub fn terminate(&self) {
        let done = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(done.success());
    }

    /// Waits for its end; whether it ended well.
    pub async fn ended(&mut self) -> bool {
        eventually("the sidecar ends", async || self.child.try_wait().unwrap()).await.success()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a program that must not serve: its exit code and what it says on standard error.
pub fn refused(arguments: &[&str], config: &Path) -> (Option<i32>, String) {
    let mut child = command()
        .args(arguments)
        .arg("--config")
        .arg(config)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (child.wait().unwrap().code(), said)
}

/// Waits until `probe` yields something, for at most 20 s.
pub async fn eventually<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(found) = probe().await {
            return found;
        }
        assert!(Instant::now() < deadline, "in 20 s it did not come true that {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn control(folder: &Path) -> PathBuf {
    folder.join("control.sock")
}
