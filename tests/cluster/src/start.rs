//! Brings a cluster up, part by part, each waited for by asking it.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::cgroup::Cgroup;
use crate::control_plane::{self, AUDIT_POLICY, Addresses};
use crate::health::{explain, wait};
use crate::kubectl::Kubectl;
use crate::launch::{Inside, Launcher};
use crate::layout::Layout;
use crate::process::Process;
use crate::shell::{find, run};
use crate::state::{Mode, Network, State};
use crate::steps::Steps;
use crate::subnet::Slice;
use crate::{host_dirs, net, node, node_config, pki};

/// Long enough for a slow machine; a daemon that ends is noticed at once.
const PATIENCE: Duration = Duration::from_secs(120);

/// A cluster on its way up.
pub struct Start<'a, 'b> {
    layout: Layout,
    state: State,
    steps: &'a mut Steps<'b>,
}

impl<'a, 'b> Start<'a, 'b> {
    /// Records the cluster before anything of it exists; `bin` holds the programs.
    pub fn new(layout: &Layout, mode: Mode, audit: bool, bin: PathBuf, steps: &'a mut Steps<'b>) -> Result<Self> {
        let dir = layout.dir.clone();
        fs::create_dir_all(dir.join("logs")).with_context(|| format!("cannot make {}", dir.display()))?;
        let (name, server) = (layout.name.clone(), String::new());
        let state = State { name, mode, ready: false, audit, dir, bin, server, network: None, processes: Vec::new() };
        // The last cluster to go removes the folder of all, so it must not be just now.
        let _lock = (mode == Mode::Node).then(net::lock).transpose()?;
        state.save(layout)?;
        Ok(Self { layout: layout.clone(), state, steps })
    }

    /// Starts everything and returns the record of a healthy cluster.
    pub fn run(mut self) -> Result<State> {
        match self.state.mode {
            Mode::ControlPlane => self.control_plane_only()?,
            Mode::Node => self.with_node()?,
        }
        if let Some(dead) = self.state.dead() {
            bail!("{} ended. {}", dead.name, explain(&self.layout.log(&dead.name)));
        }
        self.state.ready = true;
        self.state.save(&self.layout)?;
        Ok(self.state)
    }

    fn control_plane_only(&mut self) -> Result<()> {
        let [api_port, client, peer] = free_ports()?;
        let addresses = Addresses {
            api: "127.0.0.1".to_owned(),
            api_port,
            etcd_ports: (client, peer),
            services: "10.96.0.0/16".to_owned(),
            reachable_from_pods: false,
        };
        let launcher = Launcher { layout: self.layout.clone(), bin: self.state.bin.clone(), inside: None };
        self.certificates(&addresses, "10.96.0.1", None)?;
        self.record(control_plane::etcd(&launcher, &addresses))?;
        self.api_server(&launcher, &addresses)?;
        self.healthy("kube-apiserver is ready", "kube-apiserver", api_ready)?;
        self.record(control_plane::controller_manager(&launcher, &addresses))?;
        self.healthy("kube-controller-manager works", "kube-controller-manager", service_account)
    }

    fn with_node(&mut self) -> Result<()> {
        let Network { namespace, slice, .. } = self.network()?;
        let cgroup = Cgroup::new(&self.layout.system_name())?;
        cgroup.create()?;
        let inside = Some(Inside { namespace, procs: cgroup.daemons()? });
        let launcher = Launcher { layout: self.layout.clone(), bin: self.state.bin.clone(), inside };
        let addresses = Addresses {
            api: slice.node().to_string(),
            api_port: 6443,
            etcd_ports: (2379, 2380),
            services: slice.services().to_string(),
            reachable_from_pods: true,
        };
        self.certificates(&addresses, &slice.first_service().to_string(), Some(slice))?;
        self.node_and_control_plane(&launcher, &addresses, slice)
    }

    /// What takes long starts first, and is waited for when the next part needs it.
    fn node_and_control_plane(&mut self, launcher: &Launcher, addresses: &Addresses, slice: Slice) -> Result<()> {
        let (layout, dns) = (self.layout.clone(), slice.dns().to_string());
        self.record(control_plane::etcd(launcher, addresses))?;
        self.api_server(launcher, addresses)?;
        let containerd = self.record(node::containerd(launcher, slice))?;
        self.healthy("containerd answers", "containerd", |_| node::containerd_answers(&layout))?;
        self.steps.run("base images", || node::load_base_images(&layout))?;
        self.healthy("kube-apiserver is ready", "kube-apiserver", api_ready)?;
        self.record(node::kubelet(launcher, &containerd, slice))?;
        self.record(control_plane::controller_manager(launcher, addresses))?;
        self.record(control_plane::scheduler(launcher))?;
        self.kubectl().apply(&node_config::dns_objects(slice).to_string())?;
        self.record(node::coredns(launcher))?;
        self.healthy("kubelet: the node is Ready", "kubelet", |kubectl| node_ready(kubectl, &layout))?;
        // It asks for its node, and backs off for seconds when that does not exist yet.
        self.record(node::kube_proxy(launcher))?;
        self.healthy("kube-controller-manager works", "kube-controller-manager", |kubectl| {
            service_account(kubectl).and_then(|()| node_open(kubectl, &layout))
        })?;
        self.healthy("kube-scheduler is healthy", "kube-scheduler", scheduler_healthy)?;
        self.healthy("CoreDNS answers under its Service address", "coredns", |_| resolves(&dns))
    }

    /// Chooses addresses and makes the network, under the lock that keeps two clusters apart.
    fn network(&mut self) -> Result<Network> {
        let (layout, state) = (&self.layout, &mut self.state);
        self.steps.run("network", || {
            let _lock = net::lock()?;
            host_dirs::prepare()?;
            let network = net::plan(&layout.system_name())?;
            state.network = Some(network.clone());
            state.save(layout)?;
            net::create(&network)?;
            Ok(network)
        })
    }

    fn certificates(&mut self, addresses: &Addresses, first_service: &str, slice: Option<Slice>) -> Result<()> {
        let Addresses { api, api_port, .. } = addresses;
        self.state.server = format!("https://{api}:{api_port}");
        let mut server_names: Vec<String> = ["", ".default", ".default.svc", ".default.svc.cluster.local"]
            .map(|suffix| format!("kubernetes{suffix}"))
            .to_vec();
        server_names.extend(["localhost".to_owned(), "127.0.0.1".to_owned(), first_service.to_owned()]);
        server_names.extend((api != "127.0.0.1").then(|| api.clone()));
        let names = pki::Names {
            cluster: &self.layout.name,
            server: &self.state.server,
            server_names,
            node: slice.map(|slice| (node::name(&self.layout), slice.node().to_string())),
        };
        let kubeconfig = pki::write_all(&self.layout.dir.join("pki"), &names)?;
        pki::write(&self.layout.dir, "kubeconfig", &kubeconfig)?;
        self.state.save(&self.layout)
    }

    fn api_server(&mut self, launcher: &Launcher, addresses: &Addresses) -> Result<()> {
        let policy = self.layout.dir.join("audit-policy.json");
        fs::write(&policy, AUDIT_POLICY)?;
        let audit = self.state.audit.then_some(policy);
        self.record(control_plane::api_server(launcher, addresses, audit.as_deref())).map(drop)
    }

    fn record(&mut self, started: Result<Process>) -> Result<Process> {
        let process = started?;
        self.state.started(&self.layout, process.clone())?;
        Ok(process)
    }

    /// Waits until `probe` says yes to the daemon `name`.
    fn healthy(&mut self, label: &str, name: &str, probe: impl Fn(&Kubectl) -> Result<()>) -> Result<()> {
        let kubectl = self.kubectl();
        let process = self.state.process(name).with_context(|| format!("{name} was not started"))?;
        let layout = &self.layout;
        self.steps.run(label, || wait(layout, process, PATIENCE, || probe(&kubectl)))
    }

    fn kubectl(&self) -> Kubectl {
        Kubectl { program: self.state.bin.join("kubectl"), kubeconfig: Some(self.layout.kubeconfig()) }
    }
}

fn api_ready(kubectl: &Kubectl) -> Result<()> {
    kubectl.run(&["get", "--raw=/readyz"]).map(drop)
}

/// The controller-manager works when it has made the account that every pod needs.
fn service_account(kubectl: &Kubectl) -> Result<()> {
    kubectl.run(&["get", "serviceaccount", "default", "--namespace=default"]).map(drop)
}

/// The API server asks the scheduler itself.
fn scheduler_healthy(kubectl: &Kubectl) -> Result<()> {
    let said = kubectl.run(&["get", "componentstatus", "scheduler", "-o", "jsonpath={.conditions[0]}"])?;
    ensure!(said.contains(r#""status":"True""#), "the scheduler says {said}");
    Ok(())
}

fn node_ready(kubectl: &Kubectl, layout: &Layout) -> Result<()> {
    let path =
        r#"jsonpath={.status.conditions[?(@.type=="Ready")].status} {.status.conditions[?(@.type=="Ready")].message}"#;
    let status = kubectl.run(&["get", "node", &node::name(layout), "-o", path])?;
    ensure!(status.starts_with("True"), "the node is not Ready: {status}");
    Ok(())
}

/// A new node bears a taint until the controller-manager has seen it Ready; before that no pod is placed.
fn node_open(kubectl: &Kubectl, layout: &Layout) -> Result<()> {
    let taints = kubectl.run(&["get", "node", &node::name(layout), "-o", "jsonpath={.spec.taints}"])?;
    ensure!(taints.is_empty(), "the node still bears taints: {taints}");
    Ok(())
}

/// From the host, through the veth pair, kube-proxy's rules and CoreDNS: all of the cluster's network at once.
fn resolves(dns: &str) -> Result<()> {
    let busybox = find("busybox").context("busybox is missing")?;
    run(Command::new(busybox).args([
        "timeout",
        "2",
        "busybox",
        "nslookup",
        "kubernetes.default.svc.cluster.local",
        dns,
    ]))
    .map(drop)
}

/// Ports that nothing listens on; all are held at once so that they differ.
fn free_ports() -> Result<[u16; 3]> {
    let held = [0; 3].map(|_: u8| TcpListener::bind("127.0.0.1:0"));
    let mut ports = [0; 3];
    for (port, listener) in ports.iter_mut().zip(held.iter()) {
        let listener = listener.as_ref().map_err(|error| anyhow::anyhow!("no free port on 127.0.0.1: {error}"))?;
        *port = listener.local_addr()?.port();
    }
    Ok(ports)
}
