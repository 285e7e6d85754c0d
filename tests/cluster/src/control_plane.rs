//! The control plane: etcd, the API server, the controller-manager and the scheduler, with their flags.

use std::path::Path;

use anyhow::Result;

use crate::launch::{Launcher, Mounts};
use crate::layout::Layout;
use crate::process::Process;

/// Where the control plane listens and which addresses Services get.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// The API server's address, reachable by its clients.
    pub api: String,
    /// The API server's port.
    pub api_port: u16,
    /// etcd's ports for clients and peers, on the loopback device.
    pub etcd_ports: (u16, u16),
    /// The range of Service addresses.
    pub services: String,
    /// Whether endpoints of `default/kubernetes` can lead to `api` (not on the loopback device).
    pub reachable_from_pods: bool,
}

/// Starts etcd. It does not wait for the disk: a test's cluster need not survive a power cut.
pub fn etcd(launcher: &Launcher, addresses: &Addresses) -> Result<Process> {
    let (client, peer) = addresses.etcd_ports;
    let args = [
        format!("--data-dir={}", launcher.layout.dir.join("etcd").display()),
        format!("--listen-client-urls=http://127.0.0.1:{client}"),
        format!("--advertise-client-urls=http://127.0.0.1:{client}"),
        format!("--listen-peer-urls=http://127.0.0.1:{peer}"),
        format!("--initial-advertise-peer-urls=http://127.0.0.1:{peer}"),
        format!("--initial-cluster=default=http://127.0.0.1:{peer}"),
        "--unsafe-no-fsync".to_owned(),
        "--log-level=warn".to_owned(),
    ];
    launcher.start("etcd", Path::new("etcd"), &args, &Mounts::Host)
}

/// Starts the API server; `audit` names a policy file when requests are to be logged.
pub fn api_server(launcher: &Launcher, addresses: &Addresses, audit: Option<&Path>) -> Result<Process> {
    let layout = &launcher.layout;
    let mut args = vec![
        format!("--etcd-servers=http://127.0.0.1:{}", addresses.etcd_ports.0),
        format!("--bind-address={}", if addresses.reachable_from_pods { "0.0.0.0" } else { "127.0.0.1" }),
        format!("--secure-port={}", addresses.api_port),
        format!("--advertise-address={}", addresses.api),
        format!("--service-cluster-ip-range={}", addresses.services),
        "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
        "--authorization-mode=Node,RBAC".to_owned(),
        "--enable-admission-plugins=NodeRestriction".to_owned(),
        "--allow-privileged=true".to_owned(),
        "--kubelet-preferred-address-types=InternalIP".to_owned(),
        "--requestheader-allowed-names=front-proxy-client".to_owned(),
        "--requestheader-extra-headers-prefix=X-Remote-Extra-".to_owned(),
        "--requestheader-group-headers=X-Remote-Group".to_owned(),
        "--requestheader-username-headers=X-Remote-User".to_owned(),
    ];
    if !addresses.reachable_from_pods {
        args.push("--endpoint-reconciler-type=none".to_owned());
    }
    args.extend(api_server_files(layout));
    if let Some(policy) = audit {
        args.push(format!("--audit-policy-file={}", policy.display()));
        args.push(format!("--audit-log-path={}", layout.log("audit").display()));
    }
    launcher.start("kube-apiserver", Path::new("kube-apiserver"), &args, &Mounts::Host)
}

/// Starts the controller-manager with all its default controllers.
pub fn controller_manager(launcher: &Launcher, addresses: &Addresses) -> Result<Process> {
    let layout = &launcher.layout;
    let mut args = component(layout, "kube-controller-manager");
    args.extend([
        "--use-service-account-credentials=true".to_owned(),
        // The default of 20 a second makes its own start take five.
        "--kube-api-qps=200".to_owned(),
        "--kube-api-burst=400".to_owned(),
        flag(layout, "root-ca-file", "ca.crt"),
        flag(layout, "cluster-signing-cert-file", "ca.crt"),
        flag(layout, "cluster-signing-key-file", "ca.key"),
        flag(layout, "service-account-private-key-file", "service-accounts.key"),
        flag(layout, "requestheader-client-ca-file", "front-proxy-ca.crt"),
    ]);
    if !addresses.reachable_from_pods {
        // On the loopback device its fixed port would collide with the next cluster's.
        args.push("--secure-port=0".to_owned());
    }
    launcher.start("kube-controller-manager", Path::new("kube-controller-manager"), &args, &Mounts::Host)
}

/// Starts the scheduler.
pub fn scheduler(launcher: &Launcher) -> Result<Process> {
    let args = component(&launcher.layout, "kube-scheduler");
    launcher.start("kube-scheduler", Path::new("kube-scheduler"), &args, &Mounts::Host)
}

/// What the audit log holds: who did what to which object, without contents.
pub const AUDIT_POLICY: &str = r#"{"apiVersion":"audit.k8s.io/v1","kind":"Policy","omitStages":["RequestReceived"],"rules":[{"level":"Metadata"}]}"#;

fn api_server_files(layout: &Layout) -> Vec<String> {
    [
        ("client-ca-file", "ca.crt"),
        ("tls-cert-file", "apiserver.crt"),
        ("tls-private-key-file", "apiserver.key"),
        ("service-account-key-file", "service-accounts.pub"),
        ("service-account-signing-key-file", "service-accounts.key"),
        ("requestheader-client-ca-file", "front-proxy-ca.crt"),
        ("proxy-client-cert-file", "front-proxy-client.crt"),
        ("proxy-client-key-file", "front-proxy-client.key"),
        ("kubelet-certificate-authority", "ca.crt"),
        ("kubelet-client-certificate", "apiserver-kubelet-client.crt"),
        ("kubelet-client-key", "apiserver-kubelet-client.key"),
    ]
    .map(|(name, file)| flag(layout, name, file))
    .to_vec()
}

fn component(layout: &Layout, name: &str) -> Vec<String> {
    let own = format!("{name}.kubeconfig");
    vec![
        flag(layout, "kubeconfig", &own),
        flag(layout, "authentication-kubeconfig", &own),
        flag(layout, "authorization-kubeconfig", &own),
        "--bind-address=127.0.0.1".to_owned(),
        "--leader-elect=false".to_owned(),
    ]
}

fn flag(layout: &Layout, name: &str, file: &str) -> String {
    format!("--{name}={}", layout.pki(file).display())
}
