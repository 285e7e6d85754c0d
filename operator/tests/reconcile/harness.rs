//! A real API server with the operator beside it, as a process of its own.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use shipshape_cluster::{Cluster, Options};

/// How long a condition may take; only a failure takes that long.
const DEADLINE: Duration = Duration::from_secs(60);
/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// The cluster and the operator in it; both end with it.
pub struct Harness {
    cluster: Cluster,
    operator: Child,
    admin: String,
}

impl Drop for Harness {
    fn drop(&mut self) {
        // It is of no use without its cluster, which goes next.
        let _ = self.operator.kill();
        let _ = self.operator.wait();
    }
}

impl Harness {
    /// Brings both up, with the types and a namespace `store`.
    pub fn up(name: &str) -> Self {
        Cluster::down_named(name).unwrap();
        let cluster = Cluster::up(&Options::control_plane(name)).unwrap().down_on_drop();
        let program = env!("CARGO_BIN_EXE_shipshape-operator");
        let crds = Command::new(program).arg("crds").output().unwrap();
        cluster.apply(&String::from_utf8(crds.stdout).unwrap()).unwrap();
        for namespace in ["store", "shipshape-system"] {
            cluster.kubectl(&["create", "namespace", namespace]).unwrap();
        }
        let (operator, admin) = start(&cluster, program);
        Self { cluster, operator, admin }
    }

    /// Ends the operator as Kubernetes does, and starts another.
    pub fn restart(&mut self) {
        let pid = self.operator.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(self.operator.wait().unwrap().success(), "the operator ends in peace when it is told to");
        (self.operator, self.admin) = start(&self.cluster, env!("CARGO_BIN_EXE_shipshape-operator"));
    }

    /// Applies YAML.
    pub fn apply(&self, yaml: &str) {
        self.cluster.apply(yaml).unwrap();
    }

    /// Runs kubectl in the namespace `store`.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        let all: Vec<&str> = ["-n", "store"].into_iter().chain(arguments.iter().copied()).collect();
        self.cluster.kubectl(&all).unwrap()
    }

    /// One object, or null.
    pub fn get(&self, kind: &str, name: &str) -> Value {
        let text = self.kubectl(&["get", kind, name, "-o", "json", "--ignore-not-found"]);
        if text.trim().is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    }

    /// Waits until an object is as it should be, and returns it.
    pub fn until(&self, kind: &str, name: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + DEADLINE;
        loop {
            let now = self.get(kind, name);
            if holds(&now) {
                return now;
            }
            assert!(Instant::now() < end, "{kind}/{name}: not seen in {DEADLINE:?}: {what}; it is {now:#}");
            std::thread::sleep(LOOK);
        }
    }

    /// Waits until a condition of the service `shop` has that reason, and returns its message.
    pub fn condition(&self, kind: &str, reason: &str) -> String {
        let find = |service: &Value| {
            let all = service.pointer("/status/conditions")?.as_array()?;
            let current = service.pointer("/metadata/generation")?;
            let found = all.iter().find(|condition| condition["type"] == kind && condition["reason"] == reason)?;
            (found["observedGeneration"] == *current).then(|| found["message"].as_str().unwrap().to_owned())
        };
        let service = self.until("apisvc", "shop", &format!("{kind} {reason}"), |service| find(service).is_some());
        find(&service).unwrap()
    }

    /// The number behind a metric.
    pub fn metric(&self, name: &str) -> f64 {
        let url = format!("http://{}/metrics", self.admin);
        let text = Command::new("curl").args(["-sf", &url]).output().unwrap().stdout;
        let text = String::from_utf8(text).unwrap();
        text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok()).unwrap_or_default()
    }

    /// Does something that sets the operator off, and waits until it has looked.
    pub fn reconciled_again_after(&self, act: impl FnOnce(&Self) -> String) {
        const NAME: &str = r#"shipshape_operator_reconciles_total{kind="ApiService",outcome="ok"}"#;
        let before = self.metric(NAME);
        act(self);
        self.until_metric(NAME, before + 1.0);
    }

    /// Waits until a metric has reached a number.
    pub fn until_metric(&self, name: &str, least: f64) {
        let end = Instant::now() + DEADLINE;
        while self.metric(name) < least {
            assert!(Instant::now() < end, "{name} did not reach {least} in {DEADLINE:?}");
            std::thread::sleep(LOOK);
        }
    }
}

fn start(cluster: &Cluster, program: &str) -> (Child, String) {
    let mut command = cluster.command(program);
    command.args(["run", "--admin", "127.0.0.1:0", "--sidecar-image", "sidecar:1"]);
    let mut operator = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(operator.stderr.take().unwrap()).lines();
    let admin = lines.by_ref().find_map(|line| {
        let line: Value = serde_json::from_str(&line.ok()?).ok()?;
        (line["message"] == "serving").then(|| line["admin"].as_str().unwrap().to_owned())
    });
    // The rest is read, so that the operator never waits for us.
    std::thread::spawn(move || lines.for_each(drop));
    (operator, admin.expect("the operator says where it serves"))
}
