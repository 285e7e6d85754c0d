//! Builds Kubernetes, etcd, CoreDNS and helm from their Go modules, once, into a cache.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use aws_lc_rs::digest::{Context as Hasher, SHA256};

use crate::layout;
use crate::shell::{find, run};
use crate::steps::Steps;

/// The release of Kubernetes in `kubernetes/go.mod`.
pub const KUBERNETES: &str = "v1.35.4";

/// A program of the cluster.
#[derive(Debug)]
pub struct Tool {
    /// The file's name.
    pub name: &'static str,
    /// The folder of its go.mod.
    module: &'static str,
    /// The Go package of its main function.
    package: &'static str,
}

static CONTROL_PLANE: [Tool; 4] = [
    Tool { name: "etcd", module: "kubernetes", package: "go.etcd.io/etcd/server/v3" },
    Tool { name: "kube-apiserver", module: "kubernetes", package: "k8s.io/kubernetes/cmd/kube-apiserver" },
    Tool {
        name: "kube-controller-manager",
        module: "kubernetes",
        package: "k8s.io/kubernetes/cmd/kube-controller-manager",
    },
    Tool { name: "kubectl", module: "kubernetes", package: "k8s.io/kubernetes/cmd/kubectl" },
];

static NODE: [Tool; 5] = [
    Tool { name: "kube-scheduler", module: "kubernetes", package: "k8s.io/kubernetes/cmd/kube-scheduler" },
    Tool { name: "kubelet", module: "kubernetes", package: "k8s.io/kubernetes/cmd/kubelet" },
    Tool { name: "kube-proxy", module: "kubernetes", package: "k8s.io/kubernetes/cmd/kube-proxy" },
    Tool { name: "coredns", module: "coredns", package: "github.com/coredns/coredns" },
    Tool { name: "helm", module: "helm", package: "helm.sh/helm/v4/cmd/helm" },
];

/// The folder of the binaries that belong to the go.mod files as they are now.
pub fn dir() -> Result<PathBuf> {
    Ok(cache()?.join("cluster").join(key()?).join("bin"))
}

/// Whether nothing is left to build.
pub fn complete(control_plane_only: bool) -> bool {
    dir().is_ok_and(|bin| wanted(control_plane_only).all(|tool| bin.join(tool.name).exists()))
}

/// Builds what is missing and returns the folder; another process that builds the same is waited for.
pub fn build(control_plane_only: bool, steps: &mut Steps<'_>) -> Result<PathBuf> {
    let bin = dir()?;
    if complete(control_plane_only) {
        return Ok(bin);
    }
    fs::create_dir_all(&bin).with_context(|| {
        format!("cannot make {}: set SHIPSHAPE_CACHE to a folder that can be written", bin.display())
    })?;
    let lock = File::create(bin.with_file_name("lock"))?;
    lock.lock()?;
    let go = find("go").context("Go is missing: it builds Kubernetes; install it (https://go.dev/doc/install, 1.26 or later) so that `go` is on the PATH")?;
    for tool in wanted(control_plane_only).filter(|tool| !bin.join(tool.name).exists()) {
        steps.run(&format!("build {}", tool.name), || compile(&go, tool, &bin))?;
    }
    Ok(bin)
}

fn wanted(control_plane_only: bool) -> impl Iterator<Item = &'static Tool> {
    let node: &[Tool] = if control_plane_only { &[] } else { &NODE };
    CONTROL_PLANE.iter().chain(node)
}

/// The cache of programs that this project builds from others' modules.
pub fn cache() -> Result<PathBuf> {
    let named = std::env::var_os("SHIPSHAPE_CACHE").map(PathBuf::from);
    let user = || std::env::var_os("XDG_CACHE_HOME").map(|dir| PathBuf::from(dir).join("shipshape"));
    let home = || std::env::var_os("HOME").map(|dir| PathBuf::from(dir).join(".cache/shipshape"));
    named.or_else(user).or_else(home).context("no HOME: set SHIPSHAPE_CACHE to a folder for built programs")
}

fn compile(go: &Path, tool: &Tool, bin: &Path) -> Result<()> {
    let new = bin.join(format!(".{}.new", tool.name));
    run(Command::new(go)
        .current_dir(layout::modules().join(tool.module))
        .env("CGO_ENABLED", "0")
        .args(["build", "-trimpath", "-buildvcs=false", "-ldflags", &ldflags(tool)])
        .arg("-o")
        .arg(&new)
        .arg(tool.package))?;
    fs::rename(&new, bin.join(tool.name)).with_context(|| format!("cannot put {} into {}", tool.name, bin.display()))
}

/// Without its version a server calls itself `v0.0.0-master+$Format`, which helm and version checks refuse.
fn ldflags(tool: &Tool) -> String {
    let mut flags = "-s -w".to_owned();
    if tool.package.starts_with("k8s.io/kubernetes/") {
        for package in ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"] {
            flags.push_str(&format!(
                " -X {package}.gitVersion={KUBERNETES} -X {package}.gitMajor=1 -X {package}.gitMinor=35"
            ));
        }
    }
    flags
}

/// A name for the go.mod files, the flags and the processor: a change of any builds anew.
fn key() -> Result<String> {
    let mut hasher = Hasher::new(&SHA256);
    hasher.update(std::env::consts::ARCH.as_bytes());
    for module in ["kubernetes", "coredns", "helm"] {
        for file in ["go.mod", "go.sum"] {
            let path = layout::modules().join(module).join(file);
            hasher.update(&fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?);
        }
    }
    for tool in CONTROL_PLANE.iter().chain(&NODE) {
        hasher.update(tool.package.as_bytes());
        hasher.update(ldflags(tool).as_bytes());
    }
    Ok(hasher.finish().as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_in_the_flags_is_the_one_in_go_mod() {
        let text = fs::read_to_string(layout::modules().join("kubernetes/go.mod")).unwrap();
        assert!(
            text.contains(&format!("k8s.io/kubernetes {KUBERNETES}")),
            "go.mod holds another release than {KUBERNETES}"
        );
    }

    #[test]
    fn every_program_is_a_tool_of_its_module() {
        for tool in CONTROL_PLANE.iter().chain(&NODE) {
            let text = fs::read_to_string(layout::modules().join(tool.module).join("go.mod")).unwrap();
            assert!(text.contains(tool.package), "{} is not pinned in {}/go.mod", tool.package, tool.module);
        }
    }
}
