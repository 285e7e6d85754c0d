//! What others delete or change by hand is put back, and what is no longer wanted goes.

use anyhow::{Result, ensure};
use serde_json::Value;
use shipshape_tests::wait::until;

use super::Promise;
use super::world::{PODS, SOON, World};
use crate::quickstart::{client, key};

pub const PROMISES: &[Promise] = &[
    ("a deleted Secret, Service or budget comes back", deleted_objects_come_back),
    ("hand edits of what is ours are undone", edits_are_undone),
    ("a container added by hand goes away", an_added_container_goes),
    ("replicas follow the resource, and only the scale is written", replicas_follow),
    ("a service that is deleted leaves nothing but the namespace's peppers", deletion_leaves_nothing),
];

fn is_answering(world: &World) -> Result<()> {
    let ask = || async {
        let answer = client(world)?.get("/hello", &[("x-api-key", &key(world)?)]).await?;
        ensure!(answer.status == 200, "{answer:?}");
        Ok(())
    };
    world.run(until("an answer", SOON, ask)).map(drop)
}

fn deleted_objects_come_back(world: &World) -> Result<()> {
    for object in [
        "secret/quickstart-policy",
        "secret/quickstart-tls",
        "service/quickstart",
        "pdb/quickstart",
        "configmap/quickstart-ca",
    ] {
        let uid = |value: Value| value["metadata"]["uid"].as_str().unwrap_or_default().to_owned();
        let before = uid(world.get(&format!("{object} --namespace demo"))?);
        world.kubectl(&format!("delete {object} --namespace demo"))?;
        let back = || async {
            let now = uid(world.get(&format!("{object} --namespace demo"))?);
            ensure!(now != before, "it is still the old one");
            Ok(())
        };
        world.run(until(&format!("{object} comes back"), SOON, back))?;
    }
    world.condition("apisvc quickstart --namespace demo", "Ready", "True", None, PODS)?;
    is_answering(world)
}

fn edits_are_undone(world: &World) -> Result<()> {
    let edits = [
        (
            "service/quickstart",
            r#"[{"op":"add","path":"/spec/ports/-","value":{"name":"back","port":3000,"targetPort":3000}}]"#,
            "/spec/ports/2",
        ),
        (
            "deployment/quickstart",
            r#"[{"op":"add","path":"/spec/template/spec/hostNetwork","value":true}]"#,
            "/spec/template/spec/hostNetwork",
        ),
        ("secret/quickstart-policy", r#"[{"op":"add","path":"/data/extra","value":"eA=="}]"#, "/data/extra"),
        ("pdb/quickstart", r#"[{"op":"replace","path":"/spec/maxUnavailable","value":0}]"#, ""),
    ];
    for (object, patch, pointer) in edits {
        world.patch(object, patch)?;
        let undone = || async {
            let live = world.get(&format!("{object} --namespace demo"))?;
            let stands =
                if pointer.is_empty() { live["spec"]["maxUnavailable"] == 0 } else { live.pointer(pointer).is_some() };
            ensure!(!stands, "the edit stands");
            Ok(())
        };
        world.run(until(&format!("{object} is mended"), SOON, undone))?;
    }
    world.condition("apisvc quickstart --namespace demo", "Ready", "True", None, PODS)?;
    is_answering(world)
}

fn an_added_container_goes(world: &World) -> Result<()> {
    let patch = r#"[{"op":"add","path":"/spec/template/spec/containers/-","value":{"name":"miner","image":"shipshape.dev/example-app:dev"}}]"#;
    world.patch("deployment/quickstart", patch)?;
    let gone = || async {
        let live = world.get("deployment/quickstart --namespace demo")?;
        let containers = live.pointer("/spec/template/spec/containers").and_then(Value::as_array).map_or(0, Vec::len);
        ensure!(containers == 1, "{containers} containers");
        Ok(())
    };
    world.run(until("the container goes", SOON, gone))?;
    world.condition("apisvc quickstart --namespace demo", "Ready", "True", None, PODS)?;
    Ok(())
}

fn replicas(n: u32) -> String {
    format!(r#"[{{"op":"replace","path":"/spec/scale/minReplicas","value":{n}}}]"#)
}

fn replicas_follow(world: &World) -> Result<()> {
    world.patch("ship/quickstart", &replicas(3))?;
    let three = || async {
        let row = world.kubectl("get apisvc quickstart --namespace demo")?;
        ensure!(row.contains("3/3"), "{row}");
        Ok(())
    };
    world.run(until("three replicas", PODS, three))?;
    let live = world.get("deployment/quickstart --namespace demo --show-managed-fields")?;
    let managers = live["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    let of_replicas: Vec<_> =
        managers.iter().filter(|entry| !entry["fieldsV1"]["f:spec"]["f:replicas"].is_null()).collect();
    ensure!(of_replicas.iter().all(|entry| entry["subresource"] == "scale"), "{of_replicas:?}");
    world.patch("ship/quickstart", &replicas(2))?;
    Ok(())
}

fn deletion_leaves_nothing(world: &World) -> Result<()> {
    world.cluster.apply("apiVersion: shipshape.dev/v1alpha1\nkind: ApiService\nmetadata: {name: brief, namespace: demo}\nspec:\n  app: {image: shipshape.dev/example-app:dev, port: 3000, command: [/shipshape-example-app, hello]}\n  policy: {auth: {mode: None}}\n")?;
    world.condition("apisvc brief --namespace demo", "CertificatesReady", "True", None, SOON)?;
    world.kubectl("delete apisvc brief --namespace demo")?;
    let empty = || async {
        let left = world.kubectl("get all,secret,configmap,pdb,serviceaccount --namespace demo --selector shipshape.dev/service=brief --output name")?;
        ensure!(left.is_empty(), "{left}");
        Ok(())
    };
    world.run(until("everything goes", PODS, empty)).map(drop)
}
