//! The configuration files of a node: containerd, CNI, kubelet, kube-proxy and CoreDNS.

use serde_json::{Value, json};

use crate::layout::Layout;
use crate::subnet::Slice;

/// The image whose program holds a pod's namespaces open.
pub const PAUSE_IMAGE: &str = "localhost/pause:1";

/// containerd's, with everything in the cluster's own folders.
pub fn containerd(layout: &Layout, cni_plugins: &str, snapshotter: &str) -> String {
    let (dir, run) = (layout.dir.display(), layout.run());
    let (run, socket) = (run.display(), layout.containerd());
    format!(
        r#"version = 2
root = "{dir}/containerd"
state = "{run}/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]

[grpc]
  address = "{socket}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE_IMAGE}"
  netns_mounts_under_state_dir = true
  # Without the right CAP_SYS_RESOURCE every sandbox would die on its OOM score.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{cni_plugins}"
    conf_dir = "{dir}/node/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "{snapshotter}"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
"#,
        socket = socket.display(),
    )
}

/// Pods hang on point-to-point links: what goes from pod to pod passes the node's netfilter on every kernel,
/// where a bridge needs `br_netfilter` for Service addresses between pods.
pub fn cni(layout: &Layout, slice: Slice) -> Value {
    json!({
        "cniVersion": "0.4.0",
        "name": "pods",
        "plugins": [{
            "type": "ptp",
            "ipMasq": false,
            "ipam": {
                "type": "host-local",
                "dataDir": layout.dir.join("node/ipam"),
                "ranges": [[{"subnet": slice.pods().to_string()}]],
                "routes": [{"dst": "0.0.0.0/0"}],
            },
        }],
    })
}

/// The kubelet's.
pub fn kubelet(layout: &Layout, slice: Slice) -> Value {
    json!({
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": slice.node(),
        "authentication": {
            "anonymous": {"enabled": false},
            "webhook": {"enabled": true},
            "x509": {"clientCAFile": layout.pki("ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": layout.pki("kubelet-server.crt"),
        "tlsPrivateKeyFile": layout.pki("kubelet-server.key"),
        "containerRuntimeEndpoint": format!("unix://{}", layout.containerd().display()),
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": format!("/{}", layout.system_name()),
        "failCgroupV1": false,
        "failSwapOn": false,
        "oomScoreAdj": 0,
        "clusterDomain": "cluster.local",
        "clusterDNS": [slice.dns()],
        "resolvConf": layout.dir.join("node/resolv.conf"),
        "podLogsDir": layout.dir.join("logs/pods"),
        "volumePluginDir": layout.dir.join("node/volume-plugins"),
        "makeIPTablesUtilChains": false,
        "maxPods": 250,
        // A full disk of the host is none of the tests' business.
        "evictionHard": {"memory.available": "50Mi", "nodefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
        "localStorageCapacityIsolation": true,
    })
}

/// kube-proxy's. All settings of connection tracking are 0: those belong to the host.
pub fn kube_proxy(layout: &Layout, slice: Slice, node: &str) -> Value {
    json!({
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "nftables",
        "hostnameOverride": node,
        "clientConnection": {"kubeconfig": layout.pki("kube-proxy.kubeconfig")},
        "clusterCIDR": slice.pods().to_string(),
        "oomScoreAdj": 0,
        "conntrack": {
            "maxPerCore": 0,
            "min": 0,
            "tcpEstablishedTimeout": "0s",
            "tcpCloseWaitTimeout": "0s",
            "udpTimeout": "0s",
            "udpStreamTimeout": "0s",
        },
    })
}

/// CoreDNS's: names of the cluster, and a quick "no such name" for all others, since nothing outside is reachable.
pub fn corefile(layout: &Layout, slice: Slice) -> String {
    format!(
        "cluster.local:53 in-addr.arpa:53 ip6.arpa:53 {{
    bind {node}
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {{
        kubeconfig {kubeconfig} {context}
        pods insecure
        ttl 5
    }}
    loadbalance
}}
.:53 {{
    bind {node}
    errors
    template ANY ANY . {{
        rcode NXDOMAIN
    }}
}}
",
        node = slice.node(),
        kubeconfig = layout.pki("coredns.kubeconfig").display(),
        context = layout.name,
    )
}

/// The objects that CoreDNS and its clients need: rights, the Service `kube-dns` and its endpoint on the node.
pub fn dns_objects(slice: Slice) -> Value {
    let ports = || {
        ["UDP", "TCP"].map(
            |protocol| json!({"name": format!("dns-{}", protocol.to_lowercase()), "port": 53, "protocol": protocol}),
        )
    };
    json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "system:coredns"}, "rules": [
            {"apiGroups": [""], "resources": ["services", "pods", "namespaces"], "verbs": ["list", "watch"]},
            {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
        ]},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "system:coredns"},
         "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:coredns"},
         "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "system:coredns"}]},
        {"apiVersion": "v1", "kind": "Service",
         "metadata": {"name": "kube-dns", "namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}},
         "spec": {"clusterIP": slice.dns(), "ports": ports()}},
        {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
         "metadata": {"name": "kube-dns", "namespace": "kube-system", "labels": {"kubernetes.io/service-name": "kube-dns"}},
         "addressType": "IPv4", "endpoints": [{"addresses": [slice.node()]}], "ports": ports()},
    ]})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_clusters_share_no_path_and_no_cgroup() {
        let [a, b] = ["a", "b"].map(|name| Layout::new(name).unwrap());
        let slice = Slice::new(200);
        assert_ne!(kubelet(&a, slice)["cgroupRoot"], kubelet(&b, slice)["cgroupRoot"]);
        assert_ne!(containerd(&a, "/p", "overlayfs"), containerd(&b, "/p", "overlayfs"));
    }

    #[test]
    fn dns_answers_on_the_node_under_the_service_address() {
        let objects = dns_objects(Slice::new(200));
        assert_eq!(objects["items"][2]["spec"]["clusterIP"], "10.200.128.10");
        assert_eq!(objects["items"][3]["endpoints"][0]["addresses"][0], "10.200.192.2");
    }
}
