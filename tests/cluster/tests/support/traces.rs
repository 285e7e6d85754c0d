//! Looks for anything that a cluster left on this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use shipshape_cluster::State;

/// Everything on this machine that belongs to the cluster of `state`, described.
pub fn traces(state: &State) -> Vec<String> {
    let dir = format!("{}/", state.dir.display());
    let system = format!("shipshape-{}", state.name);
    let mut found = Vec::new();
    found.extend(processes(&dir).into_iter().map(|line| format!("process {line}")));
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    found.extend(
        mounts.lines().filter(|line| line.contains(&dir) || line.contains(&system)).map(|line| format!("mount {line}")),
    );
    let run = Path::new("/run/shipshape").join(&state.name);
    let namespace = Path::new("/run/netns").join(&system);
    found.extend([run, namespace].iter().filter(|path| path.exists()).map(|path| path.display().to_string()));
    found.extend(cgroups(&system).iter().map(|path| path.display().to_string()));
    if let Some(network) = &state.network {
        let routes = output(Command::new("ip").args(["route", "show", "table", "all"]));
        let lines = routes
            .lines()
            .filter(|line| line.contains(&network.link) || line.contains(&network.slice.all().to_string()));
        found.extend(lines.map(|line| format!("route {line}")));
    }
    found
}

/// Files in the cluster's folder, logs aside.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| !path.ends_with("logs")).collect()
}

/// The standard output of a command that must succeed.
pub fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Command lines that name the cluster's folder.
fn processes(dir: &str) -> Vec<String> {
    let pids = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let lines = pids.filter_map(|path| fs::read(path.join("cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " ")).filter(|line| line.contains(dir)).collect()
}

fn cgroups(name: &str) -> Vec<PathBuf> {
    let root = Path::new("/sys/fs/cgroup");
    let hierarchies = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path().join(name));
    hierarchies.chain([root.join(name)]).filter(|path| path.exists()).collect()
}
