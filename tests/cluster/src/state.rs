//! What a cluster consists of, written down before it is made, so that `down` works after a crash of `up`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::layout::Layout;
use crate::process::Process;
use crate::subnet::Slice;

/// How much of a cluster runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// API server, controller-manager and etcd on the loopback device; pods stay Pending.
    ControlPlane,
    /// Everything, with a node that runs pods.
    Node,
}

/// The record of one cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The cluster's name.
    pub name: String,
    /// How much of it runs.
    pub mode: Mode,
    /// Set once every health check has passed.
    pub ready: bool,
    /// Whether requests are written to `logs/audit.log`.
    pub audit: bool,
    /// The cluster's folder.
    pub dir: PathBuf,
    /// The folder with the binaries.
    pub bin: PathBuf,
    /// The API server's address, as in the kubeconfig.
    pub server: String,
    /// The addresses of pods, Services and the link, when the cluster has a network of its own.
    pub network: Option<Network>,
    /// Daemons in the order of their start.
    pub processes: Vec<Process>,
}

/// The network namespace of a cluster and how the host reaches it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// The named network namespace, which is also the name of the cgroup.
    pub namespace: String,
    /// The host's end of the veth pair.
    pub link: String,
    /// The cluster's addresses.
    pub slice: Slice,
}

impl State {
    /// Reads the record of a cluster; `None` when there is none.
    pub fn load(layout: &Layout) -> Result<Option<Self>> {
        for file in [layout.state(), layout.run().join("state.json")] {
            match fs::read(&file) {
                Ok(bytes) => {
                    let state: Self = serde_json::from_slice(&bytes)
                        .with_context(|| format!("{} is not readable", file.display()))?;
                    let dir = state.dir.display();
                    ensure!(
                        state.dir == layout.dir,
                        "a cluster {:?} runs from {dir}: take it down there or choose another --name",
                        state.name
                    );
                    return Ok(Some(state));
                }
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
            }
        }
        Ok(None)
    }

    /// Writes the record; with a node also beside the sockets, where `cargo clean` does not reach.
    pub fn save(&self, layout: &Layout) -> Result<()> {
        let text = serde_json::to_vec_pretty(self)?;
        replace(&layout.state(), &text)?;
        if self.mode == Mode::Node {
            replace(&layout.run().join("state.json"), &text)?;
        }
        Ok(())
    }

    /// Adds a started process and writes the record at once.
    pub fn started(&mut self, layout: &Layout, process: Process) -> Result<()> {
        self.processes.push(process);
        self.save(layout)
    }

    /// The daemon called `name`, when it was started.
    pub fn process(&self, name: &str) -> Option<&Process> {
        self.processes.iter().find(|process| process.name == name)
    }

    /// The first daemon that no longer runs.
    pub fn dead(&self) -> Option<&Process> {
        self.processes.iter().find(|process| !process.alive())
    }
}

/// Writes by rename, so that a reader never sees half a file.
fn replace(file: &Path, bytes: &[u8]) -> Result<()> {
    let new = file.with_extension("new");
    if let Some(dir) = file.parent() {
        fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    }
    fs::write(&new, bytes).with_context(|| format!("cannot write {}", new.display()))?;
    fs::rename(&new, file).with_context(|| format!("cannot write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_survives_the_round_trip() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout { name: "t".into(), dir: dir.path().to_path_buf() };
        assert_eq!(State::load(&layout).unwrap(), None);
        let mut state = State {
            name: "t".into(),
            mode: Mode::ControlPlane,
            ready: false,
            audit: true,
            dir: dir.path().to_path_buf(),
            bin: "/bin".into(),
            server: "https://127.0.0.1:1".into(),
            network: Some(Network { namespace: "n".into(), link: "l".into(), slice: Slice::new(200) }),
            processes: Vec::new(),
        };
        state.save(&layout).unwrap();
        state.started(&layout, Process::of("me", std::process::id()).unwrap()).unwrap();
        assert_eq!(State::load(&layout).unwrap(), Some(state));
    }
}
