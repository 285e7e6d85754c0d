//! A cluster as tests and commands use it.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::health::explain;
use crate::kubectl::Kubectl;
use crate::layout::{Layout, RUN, clusters};
use crate::shell::{find, without_foreign_variables};
use crate::start::Start;
use crate::state::{Mode, State};
use crate::steps::Steps;
use crate::teardown::teardown;
use crate::{binaries, net, node, requirements};

/// What [`Cluster::up`] brings up.
#[derive(Debug, Clone)]
pub struct Options {
    /// The cluster's name: 1 to 20 of a-z, 0-9 and `-`.
    pub name: String,
    /// No node: pods stay Pending; needs neither root nor Linux packages.
    pub control_plane_only: bool,
    /// Write who did what to which object to `logs/audit.log`.
    pub audit: bool,
}

impl Options {
    /// A cluster with a node, without an audit log.
    pub fn node(name: &str) -> Self {
        Self { name: name.to_owned(), control_plane_only: false, audit: false }
    }

    /// A control plane alone, without an audit log.
    pub fn control_plane(name: &str) -> Self {
        Self { control_plane_only: true, ..Self::node(name) }
    }
}

/// A running cluster. Dropping it leaves it running, unless [`Cluster::down_on_drop`] was called.
#[derive(Debug)]
pub struct Cluster {
    own: Option<Own>,
    kubectl: Kubectl,
    down_on_drop: bool,
}

#[derive(Debug)]
struct Own {
    layout: Layout,
    state: State,
}

impl Cluster {
    /// Brings the cluster up in silence, or attaches to it when it is up and healthy.
    pub fn up(options: &Options) -> Result<Self> {
        Self::up_reporting(options, &mut std::io::sink())
    }

    /// Like [`Cluster::up`], with a line per step on `out`. With `CLUSTER=current` it starts nothing.
    pub fn up_reporting(options: &Options, out: &mut dyn Write) -> Result<Self> {
        if current() {
            return Self::of_environment();
        }
        let Options { name, control_plane_only, audit } = options;
        let layout = Layout::new(name)?;
        let mode = if *control_plane_only { Mode::ControlPlane } else { Mode::Node };
        requirements::check(mode)?;
        let mut steps = Steps::new(out);
        let bin = binaries::build(*control_plane_only, &mut steps)?;
        let _lock = lock(&layout)?;
        if let Some(state) = State::load(&layout)? {
            if let Some(cluster) = Self::reuse(&layout, state, mode, *audit)? {
                return Ok(cluster);
            }
            teardown(&layout)?;
        }
        remove_logs(&layout)?;
        let started = Start::new(&layout, mode, *audit, bin, &mut steps).and_then(Start::run);
        match started {
            Ok(state) => Ok(Self::own(layout, state)),
            // The logs stay, and they are what is needed now.
            Err(error) => match teardown(&layout) {
                Ok(_) => Err(error),
                Err(second) => Err(error.context(format!("and then it could not be taken down: {second:#}"))),
            },
        }
    }

    /// The running cluster of this name.
    pub fn attach(name: &str) -> Result<Self> {
        if current() {
            return Self::of_environment();
        }
        let layout = Layout::new(name)?;
        let state =
            State::load(&layout)?.with_context(|| format!("no cluster {name:?}: run `cluster up --name {name}`"))?;
        if let Some(dead) = state.dead() {
            bail!(
                "{} of cluster {name:?} has ended. {}\nRun `cluster up --name {name}` to start anew.",
                dead.name,
                explain(&layout.log(&dead.name))
            );
        }
        ensure!(state.ready, "cluster {name:?} is not up: run `cluster up --name {name}`");
        Ok(Self::own(layout, state))
    }

    /// Takes the cluster of this name down, whatever is left of it; returns what was removed.
    pub fn down_named(name: &str) -> Result<Vec<String>> {
        if current() {
            return Ok(Vec::new());
        }
        let layout = Layout::new(name)?;
        if State::load(&layout)?.is_none() {
            return Ok(Vec::new());
        }
        let _lock = lock(&layout)?;
        teardown(&layout)
    }

    /// Takes it down; a cluster that was only used (`CLUSTER=current`) stays.
    pub fn down(mut self) -> Result<Vec<String>> {
        self.down_on_drop = false;
        self.own.as_ref().map_or(Ok(Vec::new()), |own| Self::down_named(&own.layout.name))
    }

    /// Takes it down when this value is dropped, also when a test fails.
    #[must_use]
    pub fn down_on_drop(mut self) -> Self {
        self.down_on_drop = true;
        self
    }

    /// The administrator's kubeconfig; `None` when `CLUSTER=current` leaves it to kubectl's own default.
    pub fn kubeconfig(&self) -> Option<&Path> {
        self.kubectl.kubeconfig.as_deref()
    }

    /// Runs kubectl and returns what it printed.
    pub fn kubectl(&self, args: &[&str]) -> Result<String> {
        self.kubectl.run(args)
    }

    /// A kubectl command on the host, for what runs longer than one answer.
    pub fn kubectl_command(&self, args: &[&str]) -> Command {
        self.kubectl.command(args)
    }

    /// Applies objects (YAML or JSON) on the server's side.
    pub fn apply(&self, objects: &str) -> Result<String> {
        self.kubectl.apply(objects)
    }

    /// A command in the cluster's network, with KUBECONFIG and the built kubectl and helm on the PATH.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let Some(Own { state, .. }) = &self.own else { return Command::new(program) };
        let mut command = match &state.network {
            Some(network) => net::enter(&network.namespace, program),
            None => Command::new(program),
        };
        without_foreign_variables(&mut command).env("KUBECONFIG", self.kubeconfig().unwrap_or(Path::new("")));
        command.env("PATH", format!("{}:{}", state.bin.display(), std::env::var("PATH").unwrap_or_default()));
        command
    }

    /// Gives the node an image from an OCI archive.
    pub fn load_image(&self, archive: &Path) -> Result<()> {
        let Some(Own { layout, state }) = &self.own else {
            bail!(
                "CLUSTER=current: this cluster takes images from a registry only; push them there and name it by REGISTRY"
            );
        };
        ensure!(
            state.mode == Mode::Node,
            "cluster {:?} has no node to load images into: bring it up without --control-plane-only",
            layout.name
        );
        let archive = fs::canonicalize(archive).with_context(|| format!("cannot read {}", archive.display()))?;
        node::load_image(layout, &archive)
    }

    /// The record of a cluster of our own.
    pub fn state(&self) -> Option<&State> {
        self.own.as_ref().map(|own| &own.state)
    }

    /// The audit log, when the cluster writes one.
    pub fn audit_log(&self) -> Option<PathBuf> {
        self.own.as_ref().filter(|own| own.state.audit).map(|own| own.layout.log("audit"))
    }

    /// `None` when what runs is not healthy and must be replaced.
    fn reuse(layout: &Layout, state: State, mode: Mode, audit: bool) -> Result<Option<Self>> {
        if !state.ready || state.dead().is_some() {
            return Ok(None);
        }
        let name = &layout.name;
        ensure!(
            state.mode == mode,
            "cluster {name:?} is up in another mode ({:?}): run `cluster down --name {name}` first",
            state.mode
        );
        ensure!(
            state.audit || !audit,
            "cluster {name:?} is up without an audit log: run `cluster down --name {name}` first"
        );
        let cluster = Self::own(layout.clone(), state);
        Ok(cluster.kubectl(&["get", "--raw=/readyz"]).is_ok().then_some(cluster))
    }

    fn own(layout: Layout, state: State) -> Self {
        let kubectl = Kubectl { program: state.bin.join("kubectl"), kubeconfig: Some(layout.kubeconfig()) };
        Self { own: Some(Own { layout, state }), kubectl, down_on_drop: false }
    }

    fn of_environment() -> Result<Self> {
        let program =
            find("kubectl").or_else(|| Some(binaries::dir().ok()?.join("kubectl")).filter(|path| path.exists()));
        let program = program.context("CLUSTER=current needs kubectl: put it on the PATH or run `cluster build`")?;
        let kubeconfig = std::env::var_os("KUBECONFIG").map(PathBuf::from);
        let kubectl = Kubectl { program, kubeconfig };
        kubectl.run(&["version"]).context("CLUSTER=current: the cluster of KUBECONFIG does not answer")?;
        Ok(Self { own: None, kubectl, down_on_drop: false })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(Own { layout, .. }) = self.own.as_ref().filter(|_| self.down_on_drop) {
            // Nobody is left to hear of a failure; the next `up` of the same name cleans up first.
            let _result = Self::down_named(&layout.name);
        }
    }
}

/// Whether the caller asked for the cluster of the current KUBECONFIG.
pub fn current() -> bool {
    std::env::var("CLUSTER").is_ok_and(|value| value == "current")
}

/// The names of this checkout's clusters, in order.
pub fn names() -> Vec<String> {
    let folders = [clusters(), PathBuf::from(RUN)];
    let entries = folders.iter().filter_map(|dir| fs::read_dir(dir).ok()).flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.retain(|name| Layout::new(name).and_then(|layout| State::load(&layout)).is_ok_and(|state| state.is_some()));
    names.sort();
    names.dedup();
    names
}

fn lock(layout: &Layout) -> Result<File> {
    let path = layout.lock();
    fs::create_dir_all(clusters()).with_context(|| format!("cannot make {}", clusters().display()))?;
    let file = File::create(&path).with_context(|| format!("cannot open {}", path.display()))?;
    file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
    Ok(file)
}

fn remove_logs(layout: &Layout) -> Result<()> {
    let logs = layout.dir.join("logs");
    if logs.exists() {
        fs::remove_dir_all(&logs).with_context(|| format!("cannot remove {}", logs.display()))?;
    }
    Ok(())
}
