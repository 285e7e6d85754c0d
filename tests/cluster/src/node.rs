//! The node: containerd, the kubelet, kube-proxy and CoreDNS, started with their files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::host_dirs;
use crate::image::Image;
use crate::launch::{Launcher, Mounts};
use crate::layout::Layout;
use crate::node_config::{self, PAUSE_IMAGE};
use crate::process::Process;
use crate::shell::{find, run};
use crate::subnet::Slice;

/// An image with a shell and small tools, for pods that look at the cluster from inside.
pub const BUSYBOX_IMAGE: &str = "localhost/busybox:1";

/// The applets that [`BUSYBOX_IMAGE`] offers under their own names.
const APPLETS: [&str; 19] = [
    "sh", "cat", "echo", "env", "false", "hostname", "httpd", "id", "ls", "mkdir", "nc", "nslookup", "ping", "ps",
    "sleep", "timeout", "touch", "true", "wget",
];

/// The node's name.
pub fn name(layout: &Layout) -> String {
    format!("{}-node", layout.name)
}

/// Starts containerd in mounts of its own; they vanish with the last process that sees them.
pub fn containerd(launcher: &Launcher, slice: Slice) -> Result<Process> {
    let layout = &launcher.layout;
    write_files(layout, slice)?;
    let program = find("containerd").context("containerd is missing: run `cluster requirements --install`")?;
    let args = ["--config".to_owned(), file(layout, "containerd.toml")];
    launcher.start("containerd", &program, &args, &Mounts::Own(&host_dirs::mount_script(layout)))
}

/// Starts the kubelet where containerd is.
pub fn kubelet(launcher: &Launcher, containerd: &Process, slice: Slice) -> Result<Process> {
    let layout = &launcher.layout;
    let args = [
        format!("--config={}", file(layout, "kubelet.json")),
        format!("--kubeconfig={}", layout.pki("kubelet.kubeconfig").display()),
        format!("--root-dir={}", layout.dir.join("kubelet").display()),
        format!("--cert-dir={}", layout.dir.join("node/certificates").display()),
        format!("--hostname-override={}", name(layout)),
        format!("--node-ip={}", slice.node()),
    ];
    launcher.start("kubelet", Path::new("kubelet"), &args, &Mounts::Of(containerd.pid))
}

/// Starts kube-proxy.
pub fn kube_proxy(launcher: &Launcher) -> Result<Process> {
    let args = [format!("--config={}", file(&launcher.layout, "kube-proxy.json"))];
    launcher.start("kube-proxy", Path::new("kube-proxy"), &args, &Mounts::Host)
}

/// Starts CoreDNS; its rights must exist.
pub fn coredns(launcher: &Launcher) -> Result<Process> {
    let args = ["-conf".to_owned(), file(&launcher.layout, "Corefile")];
    launcher.start("coredns", Path::new("coredns"), &args, &Mounts::Host)
}

/// Imports an OCI archive into containerd.
pub fn load_image(layout: &Layout, archive: &Path) -> Result<()> {
    let snapshotter = snapshotter(layout)?;
    run(ctr(layout).args(["images", "import", "--snapshotter", snapshotter]).arg(archive))
        .with_context(|| format!("cannot import {}: is it an OCI archive?", archive.display()))?;
    Ok(())
}

/// Makes and imports the images that every cluster has.
pub fn load_base_images(layout: &Layout) -> Result<()> {
    let busybox = find("busybox").context("busybox is missing: run `cluster requirements --install`")?;
    let pause = Image::of_binary(&busybox, PAUSE_IMAGE)?.entrypoint(&["/busybox", "sleep", "2147483647"]);
    let tools = Image::of_binary(&busybox, BUSYBOX_IMAGE)?.entrypoint(&["/busybox", "sh"]);
    let tools = APPLETS.iter().fold(tools, |image, applet| image.link(&format!("/bin/{applet}"), "/busybox"));
    for (file, image) in [("pause.tar", pause), ("busybox.tar", tools)] {
        let archive = layout.dir.join("node").join(file);
        image.write(&archive)?;
        load_image(layout, &archive)?;
    }
    Ok(())
}

/// Whether containerd answers.
pub fn containerd_answers(layout: &Layout) -> Result<()> {
    run(ctr(layout).arg("version")).map(drop)
}

/// The folder of the CNI plugins; distributions differ.
pub fn cni_plugins() -> Option<PathBuf> {
    ["/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"]
        .map(PathBuf::from)
        .into_iter()
        .find(|dir| dir.join("ptp").exists())
}

fn ctr(layout: &Layout) -> Command {
    let mut command = Command::new(find("ctr").unwrap_or_else(|| "ctr".into()));
    command.arg("--address").arg(layout.containerd()).args(["--namespace", "k8s.io"]);
    command
}

fn write_files(layout: &Layout, slice: Slice) -> Result<()> {
    for dir in ["cni", "cni-cache", "kubelet-plugins", "container-logs", "certificates", "volume-plugins", "ipam"] {
        fs::create_dir_all(layout.dir.join("node").join(dir))?;
    }
    fs::create_dir_all(layout.dir.join("logs/pods"))?;
    let plugins = cni_plugins().context("the CNI plugins are missing: run `cluster requirements --install`")?;
    let plugins = plugins.display().to_string();
    let files = [
        ("containerd.toml", node_config::containerd(layout, &plugins, snapshotter(layout)?)),
        ("cni/10-pods.conflist", node_config::cni(layout, slice).to_string()),
        ("kubelet.json", node_config::kubelet(layout, slice).to_string()),
        ("kube-proxy.json", node_config::kube_proxy(layout, slice, &name(layout)).to_string()),
        ("Corefile", node_config::corefile(layout, slice)),
        ("resolv.conf", String::new()),
    ];
    for (name, text) in files {
        fs::write(layout.dir.join("node").join(name), text).with_context(|| format!("cannot write node/{name}"))?;
    }
    Ok(())
}

/// Overlays cannot lie on an overlay, which is what the root of a container usually is.
fn snapshotter(layout: &Layout) -> Result<&'static str> {
    let kind = run(Command::new("stat").args(["--file-system", "--format=%T"]).arg(&layout.dir))?;
    Ok(if kind.trim().starts_with("overlay") { "native" } else { "overlayfs" })
}

fn file(layout: &Layout, name: &str) -> String {
    layout.dir.join("node").join(name).display().to_string()
}
