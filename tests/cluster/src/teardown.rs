//! Takes a cluster down by what was recorded, and looks whether anything is left.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::{Signal, geteuid};

use crate::cgroup::Cgroup;
use crate::layout::Layout;
use crate::process::{gone_within, signal};
use crate::state::{Mode, State};
use crate::{host_dirs, net};

/// Stops and removes everything but the logs; returns what it removed. Nothing to do is no error.
pub fn teardown(layout: &Layout) -> Result<Vec<String>> {
    let Some(state) = State::load(layout)? else { return Ok(Vec::new()) };
    let mut removed = Vec::new();
    match state.mode {
        Mode::ControlPlane => stop(&state, &["kube-controller-manager", "kube-apiserver", "etcd"], &mut removed),
        Mode::Node => {
            ensure!(geteuid().is_root(), "cluster {:?} has a node: run `cluster down` as root", layout.name);
            remove_node(layout, &state, &mut removed)?;
        }
    }
    remove_files(layout, &state.dir)?;
    let left = leftovers(layout, &state)?;
    ensure!(left.is_empty(), "cluster {:?} is down, but this is left: {}", layout.name, left.join(", "));
    Ok(removed)
}

/// Whoever starts something is stopped before what it would start again; etcd comes last, for the API server waits long without it.
fn remove_node(layout: &Layout, state: &State, removed: &mut Vec<String>) -> Result<()> {
    let cgroup = Cgroup::new(&layout.system_name())?;
    stop(state, &["kube-scheduler", "kube-controller-manager", "kubelet"], removed);
    stop_pods(&cgroup, removed);
    stop(state, &["containerd", "kube-proxy", "coredns", "kube-apiserver", "etcd"], removed);
    let shims = cgroup.kill();
    if shims > 0 {
        removed.push(format!("{shims} containerd shims and others"));
    }
    // The mounts of pods lie in the mount namespace of containerd, which is gone with its last process.
    let busy = cgroup.remove();
    ensure!(busy.is_empty(), "cannot remove the cgroups {busy:?}");
    removed.push(format!("cgroup /{}", layout.system_name()));
    let _lock = net::lock()?;
    if let Some(network) = &state.network {
        removed.extend(net::remove(network)?);
    }
    removed.extend(host_dirs::release(layout)?);
    Ok(())
}

fn stop(state: &State, order: &[&str], removed: &mut Vec<String>) {
    for process in order.iter().filter_map(|name| state.process(name)).filter(|process| process.alive()) {
        let forced = if process.stop(Duration::from_secs(3)) { " (by force)" } else { "" };
        removed.push(format!("{} (pid {}){forced}", process.name, process.pid));
    }
}

/// Pods get a moment to end by themselves.
fn stop_pods(cgroup: &Cgroup, removed: &mut Vec<String>) {
    let pods = cgroup.pod_processes();
    pods.iter().for_each(|pid| signal(*pid, Signal::TERM));
    gone_within(Duration::from_secs(1), || cgroup.pod_processes().is_empty());
    cgroup.pod_processes().iter().for_each(|pid| signal(*pid, Signal::KILL));
    gone_within(Duration::from_secs(5), || cgroup.pod_processes().is_empty());
    if !pods.is_empty() {
        removed.push(format!("{} processes of pods", pods.len()));
    }
}

/// Everything in the cluster's folder but `logs`; the record goes last, so that a second `down` can go on.
fn remove_files(layout: &Layout, dir: &Path) -> Result<()> {
    let kept = [dir.join("logs"), layout.state()];
    for entry in fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if kept.contains(&entry) {
            continue;
        }
        let result = if entry.is_dir() { fs::remove_dir_all(&entry) } else { fs::remove_file(&entry) };
        result.with_context(|| format!("cannot remove {}", entry.display()))?;
    }
    match fs::remove_file(layout.state()) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).context("cannot remove state.json"),
        _ => Ok(()),
    }
}

fn leftovers(layout: &Layout, state: &State) -> Result<Vec<String>> {
    let mut left: Vec<String> = state
        .processes
        .iter()
        .filter(|process| process.alive())
        .map(|process| format!("process {}", process.pid))
        .collect();
    left.extend(state.network.iter().flat_map(net::leftovers));
    if state.mode == Mode::Node {
        left.extend(Cgroup::new(&layout.system_name())?.processes().iter().map(|pid| format!("process {pid}")));
    }
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let own = [format!("{}/", state.dir.display()), format!("{}/", layout.run().display())];
    let mounts = mounts
        .lines()
        .filter_map(|line| line.split(' ').nth(4))
        .filter(|path| own.iter().any(|dir| path.starts_with(dir)));
    left.extend(mounts.map(|path| format!("mount {path}")));
    Ok(left)
}
