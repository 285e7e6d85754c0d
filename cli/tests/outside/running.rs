//! The binary as a running process.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// The longest that anything here may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The binary as a running process that serves.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    /// The lines of its standard output that were read so far.
    pub seen: Vec<String>,
    serving: Value,
}

impl Running {
    /// Starts the binary and waits until it serves.
    pub fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_shipshape"))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = lines_of(child.stdout.take().unwrap());
        let told = lines_of(child.stderr.take().unwrap());
        // The app prints such a line as well, with its own address.
        let serving = std::iter::from_fn(|| told.recv_timeout(PATIENCE).ok())
            .filter_map(|line| serde_json::from_str::<Value>(&line).ok())
            .find(|line| line["https"].is_string())
            .unwrap();
        assert_eq!(serving["msg"], "serving");
        Self { child, lines, seen: Vec::new(), serving }
    }

    /// Starts `local` with the app of the examples behind it; its state is in `state` of the folder.
    pub fn local(folder: &Path, policy: &str, more: &[&str]) -> Self {
        write_service(folder, policy);
        let (file, state) = (folder.join("service.yaml"), folder.join("state"));
        let (file, state, free) = (file.to_str().unwrap(), state.to_str().unwrap(), "127.0.0.1:0");
        let first = ["local", "-f", file, "--state", state, "--https", free, "--http", free];
        let app = ["--", env!("CARGO_BIN_EXE_shipshape"), "example-app", "hello"];
        Self::start(&[&first[..], more, &app].concat())
    }

    /// An address that it took: `https`, `http` or `admin`.
    pub fn address(&self, name: &str) -> SocketAddr {
        self.serving[name].as_str().unwrap().parse().unwrap()
    }

    /// The first line, old or new, that holds a text.
    pub fn line(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(line) = self.seen.iter().find(|line| line.contains(text)) {
                return line.clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => self.seen.push(line),
                Err(_) => panic!("no line holds \"{text}\": {:#?}", self.seen),
            }
        }
    }

    /// The key that it showed.
    pub fn key(&mut self) -> String {
        let line = self.line("a key to try");
        line.split_whitespace().find(|word| word.starts_with("ship_")).unwrap().to_owned()
    }

    /// Tells it to end, and how it ended.
    pub fn end(mut self) -> ExitStatus {
        self.told_to_end().unwrap()
    }

    /// How it ended by itself.
    pub fn ended(mut self) -> ExitStatus {
        self.wait().unwrap()
    }

    fn told_to_end(&mut self) -> Option<ExitStatus> {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        if self.child.try_wait().unwrap().is_none() {
            kill_process(pid, Signal::TERM).unwrap();
        }
        self.wait()
    }

    fn wait(&mut self) -> Option<ExitStatus> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // In order, so that it ends the app that it started.
        if self.told_to_end().is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn lines_of(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    // Read to the end, also where nobody listens any more: a full pipe would hold the process.
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            drop(sender.send(line));
        }
    });
    lines
}

/// Writes a service whose app listens on a free port, and returns the port.
pub fn write_service(folder: &Path, policy: &str) -> u16 {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    rewrite(folder, port, policy);
    port
}

/// Replaces the service's file as an editor does.
pub fn rewrite(folder: &Path, port: u16, policy: &str) {
    let text = format!(
        "apiVersion: shipshape.dev/v1alpha1\nkind: ApiService\nmetadata: {{name: hello}}\nspec:\n  app: {{image: x, port: {port}}}\n  policy: {policy}\n"
    );
    let new = folder.join("new");
    std::fs::write(&new, text).unwrap();
    std::fs::rename(new, folder.join("service.yaml")).unwrap();
}
