//! What can go wrong with pods is said in the status, with what it means and what to do.

use anyhow::{Result, ensure};

use super::Promise;
use super::world::{PODS, SOON, World};

pub const PROMISES: &[Promise] = &[
    ("a missing image is named in the status", a_missing_image_is_named),
    ("an app that listens on a port of the sidecar is named in the status", a_port_clash_is_named),
    ("a missing Secret holds the rollout and says how to make it", a_missing_secret_holds_the_rollout),
];

fn service(name: &str, app: &str) -> String {
    format!(
        "apiVersion: shipshape.dev/v1alpha1\nkind: ApiService\nmetadata: {{name: {name}, namespace: demo}}\nspec:\n  app: {app}\n  policy: {{auth: {{mode: None}}}}\n"
    )
}

fn a_missing_image_is_named(world: &World) -> Result<()> {
    world
        .cluster
        .apply(&service("lost", "{image: shipshape.dev/no-such-app:1, imagePullPolicy: Never, port: 3000}"))?;
    let (message, _) = world.condition("apisvc lost --namespace demo", "Degraded", "True", None, PODS)?;
    ensure!(message.contains("shipshape.dev/no-such-app:1"), "{message}");
    world.kubectl("delete apisvc lost --namespace demo")?;
    Ok(())
}

fn a_missing_secret_holds_the_rollout(world: &World) -> Result<()> {
    let app = "{image: shipshape.dev/example-app:dev, port: 3000, command: [/shipshape-example-app, hello], env: [{name: PORT, value: '3000'}, {name: DB, valueFrom: {secretKeyRef: {name: held-db, key: url}}}]}";
    world.cluster.apply(&service("held", app))?;
    let (message, _) =
        world.condition("apisvc held --namespace demo", "SecretsReady", "False", Some("Missing"), SOON)?;
    ensure!(message.contains("kubectl create secret generic held-db"), "{message}");
    world.kubectl("create secret generic held-db --namespace demo --from-literal=url=postgres://db")?;
    world.condition("apisvc held --namespace demo", "SecretsReady", "True", None, SOON)?;
    world.condition("apisvc held --namespace demo", "Ready", "True", None, PODS)?;
    world.kubectl("delete apisvc held --namespace demo")?;
    world.kubectl("delete secret held-db --namespace demo")?;
    Ok(())
}

fn a_port_clash_is_named(world: &World) -> Result<()> {
    let app = "{image: shipshape.dev/example-app:dev, port: 3000, command: [/shipshape-example-app, hello, --listen, '0.0.0.0:8443']}";
    world.cluster.apply(&service("clash", app))?;
    let (message, _) = world.condition("apisvc clash --namespace demo", "Degraded", "True", None, PODS)?;
    ensure!(message.contains("container app") && message.contains("Address already in use"), "{message}");
    world.kubectl("delete apisvc clash --namespace demo")?;
    Ok(())
}
