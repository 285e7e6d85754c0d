//! A cluster with a node: pods run, names resolve, Services answer from pods and from the host, and nothing is left.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail it by panicking"
)]

mod support;

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use shipshape_cluster::{BUSYBOX_IMAGE, Cluster, Image, Mode, Options, available};
use support::traces::{files, output, traces};

/// Clusters with a node are large: one test at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn options(name: &str) -> Options {
    Cluster::down_named(name).unwrap();
    Options::node(name)
}

/// Two pods of a program and a native sidecar that starts first, behind a Service.
fn web(image: &str) -> String {
    let container = |name: &str, port: u16, probe: &str| {
        serde_json::json!({
            "name": name, "image": image, "imagePullPolicy": "IfNotPresent",
            "command": ["/bin/sh", "-c", format!("mkdir -p /tmp/{name} && echo {name} > /tmp/{name}/index.html && echo serving && exec httpd -f -p {port} -h /tmp/{name}")],
            probe: {"httpGet": {"path": "/", "port": port}, "periodSeconds": 1},
            "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
            "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
        })
    };
    let mut sidecar = container("sidecar", 9000, "startupProbe");
    sidecar["restartPolicy"] = "Always".into();
    let labels = serde_json::json!({"app": "web"});
    let pod = serde_json::json!({
        "initContainers": [sidecar], "containers": [container("app", 8080, "readinessProbe")],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
        "securityContext": {"runAsNonRoot": true, "runAsUser": 65532, "runAsGroup": 65532, "fsGroup": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
    });
    serde_json::json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {
            "replicas": 2, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        }},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {
            "type": "NodePort", "selector": labels,
            "ports": [{"name": "app", "port": 80, "targetPort": 8080}, {"name": "sidecar", "port": 9000}],
        }},
    ]})
    .to_string()
}

fn field(cluster: &Cluster, object: &str, path: &str) -> String {
    cluster.kubectl(&["get", object, "-o", &format!("jsonpath={path}")]).unwrap()
}

/// A page as the host gets it; Service rules follow their endpoints within a second or so, hence the deadline.
fn page(url: &str) -> String {
    let deadline = Instant::now() + Duration::from_secs(15);
    loop {
        let output = Command::new("busybox").args(["timeout", "3", "busybox", "wget", "-qO-", url]).output().unwrap();
        if output.status.success() {
            return String::from_utf8(output.stdout).unwrap().trim().to_owned();
        }
        assert!(Instant::now() < deadline, "{url} does not answer: {}", String::from_utf8_lossy(&output.stderr));
    }
}

fn deploy(cluster: &Cluster, image: &str) {
    cluster.apply(&web(image)).unwrap();
    cluster.kubectl(&["rollout", "status", "deployment/web", "--timeout=90s"]).unwrap();
}

#[test]
fn pods_names_and_services_work_and_nothing_is_left() {
    if !available(Mode::Node, "pods, names and Services work").unwrap() {
        return;
    }
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let rules = output(Command::new("nft").args(["list", "ruleset"]));
    let cluster = Cluster::up(&options("test-node")).unwrap().down_on_drop();
    assert_eq!(Cluster::up(&Options::node("test-node")).unwrap().state(), cluster.state());
    deploy(&cluster, BUSYBOX_IMAGE);

    let state = cluster.state().unwrap().clone();
    let node = state.network.as_ref().unwrap().slice.node();
    let service = field(&cluster, "service/web", "{.spec.clusterIP}");
    let node_port = field(&cluster, "service/web", "{.spec.ports[0].nodePort}");
    let pod_ip = field(&cluster, "pod", "{.items[0].status.podIP}");
    assert_eq!(page(&format!("http://{service}/")), "app");
    assert_eq!(page(&format!("http://{service}:9000/")), "sidecar");
    assert_eq!(page(&format!("http://{node}:{node_port}/")), "app");
    assert_eq!(page(&format!("http://{pod_ip}:8080/")), "app");

    let inside =
        |words: &[&str]| cluster.kubectl(&[&["exec", "deploy/web", "-c", "app", "--"], words].concat()).unwrap();
    // Six times: also the pod itself is behind its Service.
    for _ in 0..6 {
        assert_eq!(inside(&["wget", "-qO-", "http://web.default.svc/"]).trim(), "app");
    }
    assert_eq!(cluster.kubectl(&["logs", "deploy/web", "-c", "sidecar"]).unwrap().trim(), "serving");
    assert!(output(cluster.command("helm").arg("version")).contains("v4."));
    port_forward(&cluster);
    api_from_a_pod(&cluster);

    cluster.down().unwrap();
    assert_eq!(traces(&state), Vec::<String>::new());
    assert_eq!(files(&state.dir), Vec::<PathBuf>::new());
    assert_eq!(output(Command::new("nft").args(["list", "ruleset"])), rules, "the host's rules are as before");
}

/// A pod's account, its token, the certificate authority in it and the Service `kubernetes`, all at once.
fn api_from_a_pod(cluster: &Cluster) {
    let archive = std::env::temp_dir().join(format!("shipshape-kubectl-{}.tar", std::process::id()));
    let kubectl = cluster.state().unwrap().bin.join("kubectl");
    Image::of_binary(&kubectl, "registry.example/kubectl:1").unwrap().write(&archive).unwrap();
    cluster.load_image(&archive).unwrap();
    std::fs::remove_file(&archive).unwrap();
    cluster
        .kubectl(&["run", "api", "--image=registry.example/kubectl:1", "--restart=Never", "--", "get", "--raw=/readyz"])
        .unwrap();
    cluster.kubectl(&["wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/api", "--timeout=60s"]).unwrap();
    assert_eq!(cluster.kubectl(&["logs", "api"]).unwrap(), "ok");
}

/// Ends kubectl with the test, also when the test fails.
struct Forward(Child);

impl Drop for Forward {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn port_forward(cluster: &Cluster) {
    use std::io::{BufRead, BufReader};
    let mut kubectl = cluster.kubectl_command(&["port-forward", "deploy/web", ":8080"]);
    let mut forward = Forward(kubectl.stdout(Stdio::piped()).spawn().unwrap());
    let mut line = String::new();
    // The pipe stays open: kubectl prints a line for every connection.
    let mut said = BufReader::new(forward.0.stdout.take().unwrap());
    said.read_line(&mut line).unwrap();
    let address = line.split(' ').nth(2).unwrap_or_else(|| panic!("kubectl port-forward says {line:?}"));
    assert_eq!(page(&format!("http://{address}/")), "app");
}

#[test]
fn two_clusters_stand_side_by_side() {
    if !available(Mode::Node, "two clusters stand side by side").unwrap() {
        return;
    }
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let both = [options("test-left"), options("test-right")];
    let [left, right] = std::thread::scope(|scope| {
        both.each_ref()
            .map(|options| scope.spawn(|| Cluster::up(options).unwrap().down_on_drop()))
            .map(|up| up.join().unwrap())
    });
    let archive = std::env::temp_dir().join(format!("shipshape-cluster-{}.tar", std::process::id()));
    let image = Image::of_binary("/bin/busybox".as_ref(), "registry.example/web:1").unwrap();
    ["sh", "mkdir", "echo", "httpd"]
        .iter()
        .fold(image, |image, tool| image.link(&format!("/bin/{tool}"), "/busybox"))
        .write(&archive)
        .unwrap();
    for cluster in [&left, &right] {
        cluster.load_image(&archive).unwrap();
        deploy(cluster, "registry.example/web:1");
    }
    std::fs::remove_file(&archive).unwrap();

    let left_state = left.state().unwrap().clone();
    left.down().unwrap();
    assert_eq!(traces(&left_state), Vec::<String>::new());
    let service = field(&right, "service/web", "{.spec.clusterIP}");
    assert_eq!(page(&format!("http://{service}/")), "app", "the other cluster goes on");
    assert!(right.state().unwrap().dead().is_none());
    deploy(&right, BUSYBOX_IMAGE);
    let right_state = right.state().unwrap().clone();
    right.down().unwrap();
    assert_eq!(traces(&right_state), Vec::<String>::new());
}

#[test]
fn a_cluster_whose_folder_was_deleted_goes_down_all_the_same() {
    if !available(Mode::Node, "a cluster without its folder goes down").unwrap() {
        return;
    }
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let cluster = Cluster::up(&options("test-clean")).unwrap().down_on_drop();
    let state = cluster.state().unwrap().clone();
    // As `cargo clean` does it, which cannot know what runs.
    std::fs::remove_file(state.dir.join("state.json")).unwrap();
    std::fs::remove_dir_all(state.dir.join("pki")).unwrap();
    cluster.down().unwrap();
    assert_eq!(traces(&state), Vec::<String>::new());
}
