//! The shop's findings that need pods: its Deployment, its certificate, its rollouts.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use shipshape_tests::repository::{files, root};

use super::Promise;
use super::rollout::{Load, restart_under};
use super::world::{PODS, World};

/// Named as in `examples/shop/findings.yaml`; `shipshape_tests::shop::STEPS_IN_PODS` lists them.
pub const PROMISES: &[Promise] = &[
    ("three-pods-serve", three_pods_serve),
    ("certificate-issued", certificate_issued),
    ("deployment-shape", deployment_shape),
    ("probes-configured", probes_configured),
    ("pods-are-hardened", pods_are_hardened),
    ("rolling-update-loses-nothing", rolling_update_loses_nothing),
];

const PRODUCTS: &str = "/api/v1/products";

fn three_pods_serve(world: &World) -> Result<()> {
    for file in files(&root().join("examples/shop"), &["namespace.yaml", "apiservice.yaml"]) {
        world.kubectl_args(&["apply", "--filename", &file.display().to_string()])?;
    }
    world.condition("apisvc shop --namespace store", "Ready", "True", None, PODS)?;
    let pods = world.pods("store", "shop")?;
    ensure!(pods.len() == 3 && pods.iter().all(|pod| pod.ready), "{pods:?}");
    Ok(())
}

fn certificate_issued(world: &World) -> Result<()> {
    let answer = world.run(world.client("store", "shop")?.get(PRODUCTS, &[]))?;
    ensure!(answer.status == 200, "the chain verifies with the bundle of the ConfigMap: {answer:?}");
    Ok(())
}

fn deployment(world: &World) -> Result<Value> {
    world.get("deployment/shop --namespace store")
}

fn container(deployment: &Value, list: &str, name: &str) -> Result<Value> {
    let list = deployment.pointer(&format!("/spec/template/spec/{list}")).and_then(Value::as_array);
    let found = list.and_then(|list| list.iter().find(|container| container["name"] == name));
    found.cloned().with_context(|| format!("no container {name}"))
}

fn deployment_shape(world: &World) -> Result<()> {
    let deployment = deployment(world)?;
    ensure!(
        deployment["spec"]["strategy"]["rollingUpdate"] == json!({"maxSurge": 1, "maxUnavailable": 0}),
        "{deployment}"
    );
    ensure!(
        deployment["spec"]["strategy"]["type"] == "RollingUpdate" && deployment["spec"]["replicas"] == 3,
        "{deployment}"
    );
    let app = container(&deployment, "containers", "app")?;
    let resources =
        json!({"requests": {"cpu": "250m", "memory": "256Mi"}, "limits": {"cpu": "500m", "memory": "512Mi"}});
    ensure!(app["resources"] == resources, "{}", app["resources"]);
    ensure!(app["ports"].to_string().contains("5000"), "{}", app["ports"]);
    Ok(())
}

fn probes_configured(world: &World) -> Result<()> {
    let deployment = deployment(world)?;
    let app = container(&deployment, "containers", "app")?;
    for probe in ["livenessProbe", "startupProbe"] {
        let asks = &app[probe]["httpGet"];
        ensure!(asks["path"] == "/app/live" && asks["port"] == 9443, "{probe}: {asks}");
    }
    let sidecar = container(&deployment, "initContainers", "shipshape")?;
    ensure!(sidecar["readinessProbe"]["httpGet"]["path"] == "/readyz", "{sidecar}");
    let config: Value = serde_json::from_str(&world.secret("store", "shop-policy", "config.json")?)?;
    ensure!(
        config["app"]["livePath"] == "/health/live" && config["app"]["readyPath"] == "/health/ready",
        "{}",
        config["app"]
    );
    Ok(())
}

fn pods_are_hardened(world: &World) -> Result<()> {
    let namespace = world.get("namespace store")?;
    ensure!(namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted", "{namespace}");
    let deployment = deployment(world)?;
    let pod = &deployment["spec"]["template"]["spec"];
    ensure!(pod["securityContext"]["runAsUser"] == 65532 && pod["securityContext"]["runAsNonRoot"] == true, "{pod}");
    ensure!(pod["automountServiceAccountToken"] == false, "{pod}");
    for (list, name) in [("containers", "app"), ("initContainers", "shipshape")] {
        let security = container(&deployment, list, name)?["securityContext"].clone();
        ensure!(
            security["readOnlyRootFilesystem"] == true && security["allowPrivilegeEscalation"] == false,
            "{name}: {security}"
        );
    }
    Ok(())
}

/// Slowly enough for the shop's own limit of 100 requests per address.
fn rolling_update_loses_nothing(world: &World) -> Result<()> {
    let load = Load { path: PRODUCTS, clients: 2, pause: Duration::from_millis(300) };
    restart_under(world, "store", "shop", load)?;
    world.kubectl("delete namespace store --wait=false")?;
    Ok(())
}
