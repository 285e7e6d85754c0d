//! Where everything of a cluster lies: its folder under `target/cluster/NAME` and its short paths under `/run`.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

/// Sockets and copies of state of clusters with a node; short, for a unix socket's path has at most 107 bytes.
pub const RUN: &str = "/run/shipshape";

/// The paths and system names of one cluster.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The cluster's name.
    pub name: String,
    /// The folder of the cluster, absolute.
    pub dir: PathBuf,
}

impl Layout {
    /// The layout of cluster `name`; refuses names that do not fit a namespace, a node and a cgroup alike.
    pub fn new(name: &str) -> Result<Self> {
        let fits = !name.is_empty()
            && name.len() <= 20
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !name.starts_with('-')
            && !name.ends_with('-');
        ensure!(fits, "--name {name:?}: write 1 to 20 of a-z, 0-9 and -, not beginning or ending with -");
        Ok(Self { name: name.to_owned(), dir: clusters().join(name) })
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> PathBuf {
        self.dir.join("kubeconfig")
    }

    /// What is recorded for `down`.
    pub fn state(&self) -> PathBuf {
        self.dir.join("state.json")
    }

    /// Held while the cluster goes up or down.
    pub fn lock(&self) -> PathBuf {
        clusters().join(format!("{}.lock", self.name))
    }

    /// The log of daemon `name`.
    pub fn log(&self, name: &str) -> PathBuf {
        self.dir.join("logs").join(format!("{name}.log"))
    }

    /// A certificate, key or kubeconfig of a component.
    pub fn pki(&self, file: &str) -> PathBuf {
        self.dir.join("pki").join(file)
    }

    /// Short-lived files with short paths.
    pub fn run(&self) -> PathBuf {
        Path::new(RUN).join(&self.name)
    }

    /// Containerd's socket.
    pub fn containerd(&self) -> PathBuf {
        self.run().join("containerd.sock")
    }

    /// The network namespace and the cgroup share this name.
    pub fn system_name(&self) -> String {
        format!("shipshape-{}", self.name)
    }
}

/// The folder that holds the folders of all clusters of this checkout.
pub fn clusters() -> PathBuf {
    if let Some(dir) = std::env::var_os("SHIPSHAPE_CLUSTERS") {
        return PathBuf::from(dir);
    }
    workspace().join("target/cluster")
}

/// The folder with the go.mod files.
pub fn modules() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn workspace() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package).to_path_buf()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_do_not_fit_are_refused() {
        for bad in ["", "-a", "a-", "A", "a b", "a/b", "aaaaaaaaaaaaaaaaaaaaa"] {
            assert!(Layout::new(bad).is_err(), "{bad:?} should be refused");
        }
    }

    #[test]
    fn sockets_have_short_paths() {
        let layout = Layout::new("aaaaaaaaaaaaaaaaaaaa").unwrap();
        assert!(layout.containerd().as_os_str().len() < 100);
    }
}
