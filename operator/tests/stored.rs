//! A real API server stores every object as it was made, so that a second reconcile finds nothing to do.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "the helpers of a test fail it by panicking")]

#[path = "golden/case.rs"]
mod case;

use std::io::Write;
use std::process::Stdio;

use case::{CASES, Case};
use serde_json::{Value, json};
use shipshape_cluster::{Cluster, Mode, Options, available};
use shipshape_operator::apply::contained;
use shipshape_operator::desired::desired;

/// Applies an object as the operator does, and returns what the server then holds.
fn apply(cluster: &Cluster, object: &Value) -> Value {
    let manager = "--field-manager=shipshape-operator";
    let arguments = ["apply", "--server-side", "--force-conflicts", manager, "-o", "json", "-f", "-"];
    let mut command = cluster.kubectl_command(&arguments);
    let mut running = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    running.stdin.take().unwrap().write_all(object.to_string().as_bytes()).unwrap();
    let output = running.wait_with_output().unwrap();
    assert!(output.status.success(), "{} was refused", object["metadata"]["name"]);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A namespace that admits only pods of the strictest standard.
fn restricted(name: &str) -> Value {
    let labels = json!({"pod-security.kubernetes.io/enforce": "restricted"});
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
}

/// The objects without their owner: there is none, and the garbage collector would take them away.
fn objects(folder: &str) -> Vec<Value> {
    let mut objects: Vec<Value> =
        desired(&Case::read(folder).sound).unwrap().iter().map(|object| object.content().clone()).collect();
    for object in &mut objects {
        assert!(object["metadata"].as_object_mut().unwrap().remove("ownerReferences").is_some());
    }
    objects
}

#[test]
fn what_is_stored_is_what_was_desired_and_its_pods_are_admitted() {
    if !available(Mode::ControlPlane, "an API server stores what is desired").unwrap() {
        return;
    }
    Cluster::down_named("test-stored").unwrap();
    let cluster = Cluster::up(&Options::control_plane("test-stored")).unwrap().down_on_drop();
    for namespace in ["demo", "store"] {
        apply(&cluster, &restricted(namespace));
    }
    for (name, folder) in CASES {
        for object in objects(folder) {
            let live = apply(&cluster, &object);
            let told = format!("{name}: {} {}", object["kind"], object["metadata"]["name"]);
            assert!(contained(&object, &live), "{told} is stored otherwise: {live:#}");
            assert_eq!(live["spec"]["replicas"], if object["kind"] == "Deployment" { json!(1) } else { Value::Null });
        }
    }
    for (name, folder) in CASES {
        let namespace = objects(folder)[0]["metadata"]["namespace"].as_str().unwrap().to_owned();
        let selector = format!("--selector=shipshape.dev/service={name}");
        let wait = ["wait", "--for=create", "pod", &selector, "-n", &namespace, "--timeout=60s"];
        assert!(cluster.kubectl(&wait).is_ok(), "Pod Security refuses the pods of {name}");
    }
}
