//! The cgroup of a cluster, on cgroup v1 and v2: it bounds nothing, but no process of the cluster can leave it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::Signal;

use crate::process::{gone_within, signal};

/// The cgroup `/NAME` in every hierarchy of this machine.
#[derive(Debug, Clone)]
pub struct Cgroup {
    name: String,
    mounts: Vec<Mount>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Mount {
    path: PathBuf,
    v2: bool,
}

impl Cgroup {
    /// The cgroup called `name`; nothing is made yet.
    pub fn new(name: &str) -> Result<Self> {
        let info = fs::read_to_string("/proc/self/mountinfo").context("cannot read /proc/self/mountinfo")?;
        Ok(Self { name: name.to_owned(), mounts: mounts(&info) })
    }

    /// Makes it in every hierarchy, with room for the daemons beside the pods.
    pub fn create(&self) -> Result<()> {
        for mount in &self.mounts {
            let dir = mount.path.join(&self.name);
            make(&dir)?;
            if self.unified() {
                delegate(&mount.path)?;
                delegate(&dir)?;
            } else {
                inherit_cpuset(&mount.path, &dir)?;
            }
            make(&dir.join("daemons"))?;
            inherit_cpuset(&dir, &dir.join("daemons"))?;
        }
        Ok(())
    }

    /// The file that moves a process among the daemons.
    pub fn daemons(&self) -> Result<PathBuf> {
        let mount = self.tracker().context("no cgroup hierarchy with pids is mounted under /sys/fs/cgroup")?;
        Ok(mount.path.join(&self.name).join("daemons/cgroup.procs"))
    }

    /// Every process in it.
    pub fn processes(&self) -> Vec<u32> {
        let mut pids: Vec<u32> = self.dirs().iter().flat_map(|dir| read_pids(dir)).collect();
        pids.sort_unstable();
        pids.dedup();
        pids
    }

    /// Every process of pods: what is not a daemon or a shim of one.
    pub fn pod_processes(&self) -> Vec<u32> {
        let pods = self.dirs().into_iter().filter(|dir| !dir.ends_with("daemons"));
        let mut pids: Vec<u32> = pods.flat_map(|dir| read_pids(&dir)).collect();
        let daemons: Vec<u32> = self.daemon_dirs().iter().flat_map(|dir| read_pids(dir)).collect();
        pids.sort_unstable();
        pids.dedup();
        pids.retain(|pid| !daemons.contains(pid));
        pids
    }

    /// Ends every process in it by force; returns how many there were.
    pub fn kill(&self) -> usize {
        let first = self.processes().len();
        gone_within(Duration::from_secs(10), || {
            let left = self.processes();
            left.iter().for_each(|pid| signal(*pid, Signal::KILL));
            left.is_empty()
        });
        first
    }

    /// Removes it; returns the directories that could not be removed.
    pub fn remove(&self) -> Vec<PathBuf> {
        gone_within(Duration::from_secs(5), || {
            let dirs = self.dirs();
            // The deepest first; a directory whose last process has just ended may stay busy for a moment.
            dirs.iter().rev().for_each(|dir| drop(fs::remove_dir(dir)));
            self.dirs().is_empty()
        });
        self.dirs()
    }

    /// Its directories, parents before children.
    fn dirs(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for mount in &self.mounts {
            walk(&mount.path.join(&self.name), &mut found);
        }
        found
    }

    fn daemon_dirs(&self) -> Vec<PathBuf> {
        self.mounts.iter().map(|mount| mount.path.join(&self.name).join("daemons")).collect()
    }

    fn unified(&self) -> bool {
        self.mounts.iter().all(|mount| mount.v2)
    }

    fn tracker(&self) -> Option<&Mount> {
        self.mounts
            .iter()
            .find(|mount| mount.path.ends_with("pids"))
            .or_else(|| self.mounts.iter().find(|mount| mount.v2))
    }
}

/// The cgroup mounts in the text of `/proc/self/mountinfo`.
fn mounts(info: &str) -> Vec<Mount> {
    let mut found: Vec<Mount> = Vec::new();
    for line in info.lines() {
        let Some((left, right)) = line.split_once(" - ") else { continue };
        let (Some(path), Some(kind)) = (left.split(' ').nth(4), right.split(' ').next()) else { continue };
        let mount = Mount { path: path.into(), v2: kind == "cgroup2" };
        if matches!(kind, "cgroup" | "cgroup2") && path.starts_with("/sys/fs/cgroup") && !found.contains(&mount) {
            found.push(mount);
        }
    }
    found
}

fn make(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir)
        .with_context(|| format!("cannot make the cgroup {} (a container without rights?)", dir.display()))
}

/// Hands every controller of `dir` to its children (cgroup v2).
fn delegate(dir: &Path) -> Result<()> {
    let controllers = fs::read_to_string(dir.join("cgroup.controllers")).unwrap_or_default();
    let control = dir.join("cgroup.subtree_control");
    for controller in controllers
        .split_whitespace()
        .filter(|name| ["cpu", "cpuset", "io", "memory", "pids", "hugetlb"].contains(name))
    {
        fs::write(&control, format!("+{controller}")).with_context(|| {
            format!(
                "cannot enable {controller} in {} (in a container: move its processes into a child cgroup first)",
                control.display()
            )
        })?;
    }
    Ok(())
}

/// A new cpuset of cgroup v1 is empty and takes no process until it has processors and memory.
fn inherit_cpuset(parent: &Path, child: &Path) -> Result<()> {
    for file in ["cpuset.cpus", "cpuset.mems"] {
        if let Ok(value) = fs::read_to_string(parent.join(file))
            && parent.join("cpuset.cpu_exclusive").exists()
        {
            fs::write(child.join(file), value.trim())
                .with_context(|| format!("cannot write {file} in {}", child.display()))?;
        }
    }
    Ok(())
}

fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
    if !dir.is_dir() {
        return;
    }
    found.push(dir.to_path_buf());
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
        walk(&entry.path(), found);
    }
}

fn read_pids(dir: &Path) -> Vec<u32> {
    let text = fs::read_to_string(dir.join("cgroup.procs")).unwrap_or_default();
    text.lines().filter_map(|line| line.parse().ok()).filter(|pid| *pid != 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1: &str = "30 24 0:25 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
31 24 0:26 / /sys/fs/cgroup/unified rw,relatime shared:3 - cgroup2 cgroup rw
32 24 0:27 / /dev/shm rw - tmpfs tmpfs rw";

    #[test]
    fn hierarchies_are_found_in_mountinfo() {
        let found = mounts(V1);
        assert_eq!(found.len(), 2);
        assert!(found.iter().any(|mount| mount.path.ends_with("pids") && !mount.v2));
    }

    #[test]
    fn the_pids_hierarchy_tracks_on_v1_and_the_only_one_on_v2() {
        let v1 = Cgroup { name: "x".into(), mounts: mounts(V1) };
        assert_eq!(v1.daemons().unwrap(), Path::new("/sys/fs/cgroup/pids/x/daemons/cgroup.procs"));
        let v2 = Cgroup { name: "x".into(), mounts: mounts("30 24 0:25 / /sys/fs/cgroup rw - cgroup2 cgroup rw") };
        assert_eq!(v2.daemons().unwrap(), Path::new("/sys/fs/cgroup/x/daemons/cgroup.procs"));
        assert!(v2.unified() && !v1.unified());
    }
}
