//! The few folders of the host that pods' daemons insist on: made empty when missing, hidden by mounts of each cluster's own, removed with the last cluster.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::layout::{Layout, RUN};

const NEEDED: [&str; 5] = ["/run/netns", "/run/containerd", "/var/lib/cni", "/var/lib/kubelet", "/var/log/containers"];

/// Makes what is missing and remembers it. Call it with the lock of [`crate::net::lock`].
pub fn prepare() -> Result<()> {
    fs::create_dir_all(RUN).with_context(|| format!("cannot make {RUN}"))?;
    let mut made = recorded();
    for dir in NEEDED.map(PathBuf::from) {
        if !dir.exists() {
            // Written first: a crash in between leaves a line too many, not a folder too many.
            made.push(dir.clone());
            let text: Vec<String> = made.iter().map(|dir| dir.display().to_string()).collect();
            fs::write(record(), text.join("\n"))?;
            fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        }
    }
    Ok(())
}

/// The script by which containerd's mount namespace hides the host's folders behind the cluster's.
pub fn mount_script(layout: &Layout) -> String {
    let dir = layout.dir.display();
    format!(
        "mount --make-rshared /
mount -t tmpfs tmpfs /run/containerd
mount --bind '{dir}/node/cni-cache' /var/lib/cni
mount --bind '{dir}/node/kubelet-plugins' /var/lib/kubelet
mount --bind '{dir}/node/container-logs' /var/log/containers"
    )
}

/// Removes the sockets of a cluster and, with the last one, the folders that were made. Call it with the lock.
pub fn release(layout: &Layout) -> Result<Vec<String>> {
    let mut removed = Vec::new();
    if layout.run().exists() {
        fs::remove_dir_all(layout.run()).with_context(|| format!("cannot remove {}", layout.run().display()))?;
        removed.push(format!("sockets in {}", layout.run().display()));
    }
    let others = fs::read_dir(RUN).into_iter().flatten().flatten().any(|entry| entry.path().is_dir());
    if others || !Path::new(RUN).exists() {
        return Ok(removed);
    }
    for dir in recorded() {
        if remove_empty(&dir)? {
            removed.push(format!("empty folder {}", dir.display()));
        }
    }
    fs::remove_dir_all(RUN).with_context(|| format!("cannot remove {RUN}"))?;
    Ok(removed)
}

/// Removes a folder if nothing is in it; `ip netns` mounts its folder onto itself, so that goes first.
fn remove_empty(dir: &Path) -> Result<bool> {
    if fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_none()) && mounted(dir) {
        let _stays = Command::new("umount").arg(dir).output();
    }
    match fs::remove_dir(dir) {
        Ok(()) => Ok(true),
        Err(error)
            if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::DirectoryNotEmpty | ErrorKind::ResourceBusy) =>
        {
            Ok(false)
        }
        Err(error) => Err(error).with_context(|| format!("cannot remove {}", dir.display())),
    }
}

fn mounted(dir: &Path) -> bool {
    let info = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    info.lines().filter_map(|line| line.split(' ').nth(4)).any(|path| Path::new(path) == dir)
}

fn recorded() -> Vec<PathBuf> {
    fs::read_to_string(record()).unwrap_or_default().lines().map(PathBuf::from).collect()
}

fn record() -> PathBuf {
    Path::new(RUN).join("made")
}
