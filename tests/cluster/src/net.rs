//! The network namespace of a cluster and the veth pair that joins it to the host.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::shell::run;
use crate::state::Network;
use crate::subnet::{self, Slice};

/// Holds the lock under which clusters choose addresses and share folders; others wait until it is dropped.
pub fn lock() -> Result<File> {
    // A folder can be locked as well, and no lock file is left behind.
    let run = File::open("/run").context("cannot open /run")?;
    run.lock().context("cannot lock /run")?;
    Ok(run)
}

/// Plans a network on addresses that the host does not use. Hold the [`lock`] until it is made.
pub fn plan(namespace: &str) -> Result<Network> {
    ensure!(
        !path(namespace).exists(),
        "the network namespace {namespace} exists already: another checkout runs a cluster of this name; \
         take it down there or choose another --name"
    );
    let routes = run(Command::new("ip").args(["-json", "-4", "route", "show", "table", "all"]))?;
    let addresses = run(Command::new("ip").args(["-json", "-4", "address"]))?;
    let slice = Slice::free(&subnet::used(&routes, &addresses)?)?;
    Ok(Network { namespace: namespace.to_owned(), link: slice.link_name(), slice })
}

/// Makes it.
pub fn create(network: &Network) -> Result<()> {
    let Network { namespace, link, slice } = network;
    let (host, node) = (slice.host().to_string(), slice.node().to_string());
    let (bits, all, services) = (slice.link().prefix_len(), slice.all().to_string(), slice.services().to_string());
    ip(&["netns", "add", namespace])?;
    ip(&["link", "add", link, "type", "veth", "peer", "name", "uplink", "netns", namespace])?;
    ip(&["address", "add", &format!("{host}/{bits}"), "dev", link])?;
    ip(&["link", "set", link, "up"])?;
    let inside = |args: &[&str]| ip(&[&["-netns", namespace], args].concat());
    inside(&["link", "set", "lo", "up"])?;
    inside(&["address", "add", &format!("{node}/{bits}"), "dev", "uplink"])?;
    inside(&["link", "set", "uplink", "up"])?;
    // A Service's address is rewritten after routing, so a route must exist; what is left over finds no neighbour and fails.
    inside(&["route", "add", &services, "dev", "uplink", "src", &node])?;
    // Nothing outside is reachable, and saying so at once beats a timeout.
    inside(&["route", "add", "unreachable", "default"])?;
    ip(&["route", "add", &all, "via", &node, "dev", link])?;
    run(enter(namespace, "sh").args(["-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"]))?;
    Ok(())
}

/// Removes it with all that is inside; returns what there was to remove.
pub fn remove(network: &Network) -> Result<Vec<String>> {
    let mut removed = Vec::new();
    if Path::new("/sys/class/net").join(&network.link).exists() {
        ip(&["link", "delete", &network.link])?;
        removed.push(format!("link {} and its routes", network.link));
    }
    if path(&network.namespace).exists() {
        ip(&["netns", "delete", &network.namespace])?;
        removed.push(format!("network namespace {} with its nftables rules", network.namespace));
    }
    Ok(removed)
}

/// What is still there of it.
pub fn leftovers(network: &Network) -> Vec<String> {
    let link = Path::new("/sys/class/net").join(&network.link);
    let namespace = path(&network.namespace);
    [link, namespace].into_iter().filter(|path| path.exists()).map(|path| path.display().to_string()).collect()
}

/// A command that runs `program` in the namespace. Not `ip netns exec`: that one remounts /sys, and the kubelet then finds no cgroups.
pub fn enter(namespace: &str, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("nsenter");
    command.arg(format!("--net={}", path(namespace).display())).arg("--").arg(program);
    command
}

/// The file of a named network namespace.
pub fn path(namespace: &str) -> PathBuf {
    Path::new("/run/netns").join(namespace)
}

fn ip(args: &[&str]) -> Result<String> {
    run(Command::new("ip").args(args))
}
