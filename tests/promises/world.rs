//! The cluster under test, with the charts installed, and the ways to look at it.

use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use shipshape_cluster::{Cluster, Mode, Options, available, current};
use shipshape_tests::http::Client;
use shipshape_tests::repository::root;
use shipshape_tests::wait::until;
use tokio::runtime::Runtime;

/// The operator's namespace.
pub const SYSTEM: &str = "shipshape-system";
/// Patience with what takes pods.
pub const PODS: Duration = Duration::from_secs(120);
/// Patience with what takes no pods.
pub const SOON: Duration = Duration::from_secs(20);

/// Images that the cluster gets before the charts are installed.
const IMAGES: [&str; 3] = ["shipshape-sidecar", "shipshape-operator", "shipshape-example-app"];

/// A cluster with Shipshape on it.
pub struct World {
    pub cluster: Cluster,
    runtime: Runtime,
}

impl World {
    /// Brings everything up; `None` where this machine cannot and need not.
    pub fn build() -> Result<Option<Self>> {
        if !current() && !available(Mode::Node, "promises on a real cluster")? {
            return Ok(None);
        }
        let options = Options { name: "test".into(), control_plane_only: false, audit: true };
        let cluster = Cluster::up_reporting(&options, &mut std::io::stdout())?;
        let cluster = if std::env::var_os("KEEP").is_some() { cluster } else { cluster.down_on_drop() };
        let world = Self { cluster, runtime: Runtime::new()? };
        if !current() {
            for image in IMAGES {
                let archive = root().join(format!("target/images/{image}.tar"));
                ensure!(archive.is_file(), "{} is missing: run `make images` first", archive.display());
                world.cluster.load_image(&archive)?;
            }
        }
        Ok(Some(world))
    }

    /// Runs something asynchronous.
    pub fn run<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// `kubectl …`, its output.
    pub fn kubectl(&self, line: &str) -> Result<String> {
        self.kubectl_args(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// `kubectl …` with arguments that hold blanks.
    pub fn kubectl_args(&self, args: &[&str]) -> Result<String> {
        self.cluster.kubectl(args)
    }

    /// A JSON patch of an object in the namespace `demo`.
    pub fn patch(&self, object: &str, patch: &str) -> Result<()> {
        self.kubectl_args(&["patch", object, "--namespace", "demo", "--type", "json", "--patch", patch]).map(drop)
    }

    /// `kubectl …` with something on its standard input.
    pub fn kubectl_with_input(&self, args: &[&str], input: &[u8]) -> Result<String> {
        let mut command = self.cluster.kubectl_command(args);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        // A command that does not read its input may be gone by now.
        let _ = child.stdin.take().context("no standard input")?.write_all(input);
        let output = child.wait_with_output()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        ensure!(output.status.success(), "kubectl {args:?}: {}{}", text(&output.stderr), text(&output.stdout));
        Ok(text(&output.stdout))
    }

    /// What kubectl says where it must refuse.
    pub fn refusal(&self, manifest: &str) -> Result<String> {
        match self.kubectl_with_input(&["apply", "--filename", "-"], manifest.as_bytes()) {
            Ok(output) => bail!("this was accepted: {output}\n{manifest}"),
            Err(error) => Ok(format!("{error:#}")),
        }
    }

    /// An object, or a list, as JSON.
    pub fn get(&self, line: &str) -> Result<Value> {
        let text = self.kubectl(&format!("get {line} --output json"))?;
        serde_json::from_str(&text).with_context(|| format!("kubectl get {line}"))
    }

    /// helm with these arguments, its output.
    pub fn helm(&self, args: &[&str]) -> Result<String> {
        let output = self.cluster.command("helm").current_dir(root()).args(args).output()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        ensure!(output.status.success(), "helm {args:?}: {}", text(&output.stderr));
        Ok(text(&output.stdout))
    }

    /// Waits until a condition of a resource has a status and, where one is given, a reason; tells its message and how
    /// long it took.
    pub fn condition(
        &self,
        resource: &str,
        kind: &str,
        status: &str,
        reason: Option<&str>,
        patience: Duration,
    ) -> Result<(String, Duration)> {
        let what = format!("{resource}: {kind} {status} {}", reason.unwrap_or_default());
        self.run(until(&what, patience, || async {
            let found = self.find_condition(resource, kind)?;
            let is = |member: &str, wanted: &str| found[member] == wanted;
            ensure!(is("status", status) && reason.is_none_or(|reason| is("reason", reason)), "it is {found}");
            Ok(found["message"].as_str().unwrap_or_default().to_owned())
        }))
    }

    fn find_condition(&self, resource: &str, kind: &str) -> Result<Value> {
        let object = self.get(resource)?;
        let generation = &object["metadata"]["generation"];
        let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
        let found = conditions.into_iter().find(|condition| condition["type"] == kind);
        let found = found.with_context(|| format!("{resource} has no condition {kind}"))?;
        ensure!(
            found["observedGeneration"] == *generation,
            "{resource}: {kind} speaks of generation {}",
            found["observedGeneration"]
        );
        Ok(found)
    }

    /// A client of a service, through its Service address.
    pub fn client(&self, namespace: &str, name: &str) -> Result<Client> {
        let ca = self.get(&format!("configmap {name}-ca --namespace {namespace}"))?;
        let ca = ca["data"]["ca.crt"].as_str().context("the ConfigMap has no ca.crt")?.to_owned();
        Client::new(self.service_address(namespace, name, 443)?, &format!("{name}.{namespace}.svc"), Some(&ca))
    }

    /// A client of a service's plain port.
    pub fn plain_client(&self, namespace: &str, name: &str) -> Result<Client> {
        Client::new(self.service_address(namespace, name, 80)?, &format!("{name}.{namespace}.svc"), None)
    }

    fn service_address(&self, namespace: &str, name: &str, port: u16) -> Result<SocketAddr> {
        let service = self.get(&format!("service {name} --namespace {namespace}"))?;
        let address: IpAddr = service["spec"]["clusterIP"].as_str().context("no address")?.parse()?;
        Ok(SocketAddr::new(address, port))
    }

    /// The value of a Secret's key.
    pub fn secret(&self, namespace: &str, name: &str, key: &str) -> Result<String> {
        let secret = self.get(&format!("secret {name} --namespace {namespace}"))?;
        let value = secret["data"][key].as_str().with_context(|| format!("Secret {name} has no {key}"))?;
        Ok(String::from_utf8(STANDARD.decode(value)?)?)
    }

    /// The running pods of a service: name, address, uid.
    pub fn pods(&self, namespace: &str, service: &str) -> Result<Vec<Pod>> {
        let list = self.get(&format!("pods --namespace {namespace} --selector shipshape.dev/service={service}"))?;
        let pods = list["items"].as_array().cloned().unwrap_or_default();
        let living = pods.into_iter().filter(|pod| pod["metadata"]["deletionTimestamp"].is_null());
        Ok(living.map(Pod::read).collect())
    }

    /// What kubectl shows of everything, for a failure's message.
    pub fn picture(&self) -> String {
        let shown = ["get apisvc,akey,deployments,pods -A -o wide", "get events -A --sort-by=.lastTimestamp"];
        let tail = |text: String| {
            text.lines().rev().take(25).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n")
        };
        shown
            .map(|line| format!("$ kubectl {line}\n{}", self.kubectl(line).map_or_else(|e| e.to_string(), tail)))
            .join("\n")
    }

    /// Where the repository's file is, as kubectl takes it.
    pub fn path(&self, file: &str) -> String {
        let path: PathBuf = root().join(file);
        path.display().to_string()
    }
}

/// A pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pod {
    pub name: String,
    pub uid: String,
    pub address: String,
    pub ready: bool,
}

impl Pod {
    fn read(pod: Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let conditions = pod["status"]["conditions"].as_array().cloned().unwrap_or_default();
        Self {
            name: text(&pod["metadata"]["name"]),
            uid: text(&pod["metadata"]["uid"]),
            address: text(&pod["status"]["podIP"]),
            ready: conditions.iter().any(|condition| condition["type"] == "Ready" && condition["status"] == "True"),
        }
    }
}
