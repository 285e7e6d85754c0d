//! A control plane without a node: comes up in seconds without root, and leaves nothing behind.
#![expect(clippy::unwrap_used, reason = "the helpers of a test fail it by panicking")]

mod support;

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use shipshape_cluster::{Cluster, Mode, Options, State, available};
use support::traces::{files, traces};

fn options(name: &str, audit: bool) -> Options {
    Cluster::down_named(name).unwrap();
    Options { audit, ..Options::control_plane(name) }
}

#[test]
fn it_runs_its_controllers_and_leaves_nothing() {
    if !available(Mode::ControlPlane, "a control plane runs its controllers").unwrap() {
        return;
    }
    let cluster = Cluster::up(&options("test-api", false)).unwrap().down_on_drop();
    cluster.kubectl(&["create", "deployment", "web", "--image=none"]).unwrap();
    cluster.kubectl(&["wait", "--for=create", "pod", "--selector=app=web", "--timeout=30s"]).unwrap();
    cluster.kubectl(&["delete", "deployment", "web", "--cascade=foreground", "--timeout=30s"]).unwrap();
    assert_eq!(cluster.kubectl(&["get", "pods", "-o", "name"]).unwrap(), "", "the garbage collector removes the pods");

    let state = cluster.state().unwrap().clone();
    assert!(!traces(&state).is_empty(), "a running cluster has traces, or the look at them sees nothing");
    cluster.down().unwrap();
    assert_eq!(traces(&state), Vec::<String>::new());
    assert_eq!(files(&state.dir), Vec::<std::path::PathBuf>::new());
    assert!(state.dir.join("logs/kube-apiserver.log").exists(), "logs are kept");
    assert_eq!(Cluster::down_named("test-api").unwrap(), Vec::<String>::new(), "a second down finds nothing to do");
}

#[test]
fn a_second_up_attaches_and_a_broken_cluster_is_replaced() {
    if !available(Mode::ControlPlane, "a second up attaches").unwrap() {
        return;
    }
    let options = options("test-twice", false);
    let first = Cluster::up(&options).unwrap().down_on_drop();
    let second = Cluster::up(&options).unwrap();
    assert_eq!(first.state(), second.state());

    let etcd = first.state().unwrap().process("etcd").unwrap().clone();
    assert!(!etcd.stop(Duration::from_secs(10)), "etcd ends when asked");
    let error = Cluster::attach("test-twice").unwrap_err().to_string();
    assert!(error.contains("etcd") && error.contains("cluster up --name test-twice"), "{error}");
    let third = Cluster::up(&options).unwrap();
    assert_ne!(first.state(), third.state());
    third.kubectl(&["get", "namespaces"]).unwrap();
}

#[test]
fn the_audit_log_names_every_write() {
    if !available(Mode::ControlPlane, "the audit log names every write").unwrap() {
        return;
    }
    let cluster = Cluster::up(&options("test-audit", true)).unwrap().down_on_drop();
    cluster.kubectl(&["create", "configmap", "seen"]).unwrap();
    let log = fs::read_to_string(cluster.audit_log().unwrap()).unwrap();
    let writes = log.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let mine = writes.filter(|event| event["verb"] == "create" && event["objectRef"]["name"] == "seen").count();
    assert_eq!(mine, 1);
}

#[test]
fn down_works_after_a_crash_of_up() {
    if !available(Mode::ControlPlane, "down works after a crash of up").unwrap() {
        return;
    }
    let dir = Cluster::up(&options("test-crash", false)).unwrap().down_on_drop().state().unwrap().dir.clone();
    let command = env!("CARGO_BIN_EXE_cluster");
    let mut up = Command::new(command);
    let mut up = up.args(["up", "--name", "test-crash", "--control-plane-only"]).stdout(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    let state = loop {
        let text = fs::read(dir.join("state.json")).unwrap_or_default();
        if let Ok(state) = serde_json::from_slice::<State>(&text)
            && state.process("kube-apiserver").is_some()
        {
            break state;
        }
        assert!(Instant::now() < deadline, "the API server was not started in time");
        std::thread::sleep(Duration::from_millis(10));
    };
    up.kill().unwrap();
    up.wait().unwrap();
    assert!(!state.ready && state.dead().is_none(), "the daemons outlive the command that started them");
    assert!(
        Command::new(command).args(["down", "--name", "test-crash"]).stdout(Stdio::null()).status().unwrap().success()
    );
    assert_eq!(traces(&state), Vec::<String>::new());
}
