//! Others in the cluster: their objects are left alone, and what they do is seen.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use shipshape_tests::wait::until;

use super::Promise;
use super::world::{PODS, SOON, World};

pub const PROMISES: &[Promise] = &[
    ("what belongs to somebody else is left as it is, and the status says what to do", foreign_objects_stay),
    ("a key is made as soon as nothing is in its way", a_key_waits_for_its_secret),
    ("missing peppers are told, and their return is seen", peppers_are_watched),
    ("an autoscaler says how many pods run", an_autoscaler_scales),
    ("a drain takes one pod at a time", one_pod_at_a_time),
];

const APP: &str = "{image: shipshape.dev/example-app:dev, port: 3000, command: [/shipshape-example-app, hello], env: [{name: PORT, value: '3000'}]}";

fn service(name: &str, auth: &str) -> String {
    format!(
        "apiVersion: shipshape.dev/v1alpha1\nkind: ApiService\nmetadata: {{name: {name}, namespace: demo}}\nspec:\n  app: {APP}\n  policy: {{auth: {auth}}}\n"
    )
}

fn foreign_objects_stay(world: &World) -> Result<()> {
    world.kubectl("create service clusterip theirs --tcp=80:80 --namespace demo")?;
    world.kubectl("create secret generic theirs-tls --from-literal=a=b --namespace demo")?;
    let objects = || world.get("service/theirs secret/theirs-tls --namespace demo");
    let before = objects()?;
    world.cluster.apply(&service("theirs", "{mode: None}"))?;
    let resource = "apisvc theirs --namespace demo";
    let (message, _) = world.condition(resource, "Ready", "False", Some("ApplyFailed"), SOON)?;
    ensure!(
        message.contains("Secret/theirs-tls exists already") && message.contains("rename the service"),
        "{message}"
    );
    world.condition(resource, "CertificatesReady", "False", Some("NotStored"), SOON)?;
    ensure!(objects()? == before, "something of others was changed");
    world.kubectl("delete service/theirs secret/theirs-tls --namespace demo")?;
    world.condition(resource, "Ready", "True", None, PODS)?;
    world.kubectl(&format!("delete {resource}"))?;
    Ok(())
}

fn a_key_waits_for_its_secret(world: &World) -> Result<()> {
    world.kubectl("create secret generic late-api-key --from-literal=key=theirs --namespace demo")?;
    world.cluster.apply("apiVersion: shipshape.dev/v1alpha1\nkind: ApiKey\nmetadata: {name: late, namespace: demo}\nspec: {serviceRef: {name: quickstart}}\n")?;
    world.condition("akey late --namespace demo", "Ready", "False", Some("SecretTaken"), SOON)?;
    ensure!(world.secret("demo", "late-api-key", "key")? == "theirs", "somebody else's Secret was written");
    world.kubectl("delete secret late-api-key --namespace demo")?;
    world.condition("akey late --namespace demo", "Ready", "True", None, SOON)?;
    world.kubectl("delete akey late --namespace demo")?;
    Ok(())
}

fn peppers_are_watched(world: &World) -> Result<()> {
    let resource = "apisvc quickstart --namespace demo";
    let mut kept = world.get("secret shipshape-pepper --namespace demo")?;
    let metadata = kept["metadata"].as_object_mut().context("it has metadata")?;
    metadata.retain(|field, _| ["name", "namespace"].contains(&field.as_str()));
    world.kubectl("delete secret shipshape-pepper --namespace demo")?;
    let (message, _) = world.condition(resource, "Ready", "False", Some("CredentialDamaged"), SOON)?;
    ensure!(message.contains("\"shipshape-pepper\" is missing: restore"), "{message}");
    world.cluster.apply(&kept.to_string())?;
    world.condition(resource, "Ready", "True", None, SOON)?;
    Ok(())
}

/// The operator leaves the number alone, and says whose it is.
fn an_autoscaler_scales(world: &World) -> Result<()> {
    world.cluster.apply(&service("scaled", "{mode: None}"))?;
    let resource = "apisvc scaled --namespace demo";
    world.condition(resource, "Ready", "True", None, PODS)?;
    world.kubectl("autoscale deployment scaled --min=3 --max=5 --cpu=50% --namespace demo")?;
    let is_three = || async {
        let (live, service) = (world.get("deployment scaled --namespace demo")?, world.get(resource)?);
        let conditions = service["status"]["conditions"].as_array().cloned().unwrap_or_default();
        let said = conditions.iter().any(|one| one["message"].as_str().is_some_and(|text| text.contains("hpa/scaled")));
        ensure!(live["spec"]["replicas"] == 3 && service["status"]["replicas"] == "3/3" && said, "{service}");
        Ok(())
    };
    world.run(until("three pods, as the autoscaler says", PODS, is_three))?;
    world.kubectl("delete hpa scaled --namespace demo")?;
    world.kubectl(&format!("delete {resource}"))?;
    Ok(())
}

fn one_pod_at_a_time(world: &World) -> Result<()> {
    world.condition("apisvc quickstart --namespace demo", "Ready", "True", None, PODS)?;
    let pods = world.pods("demo", "quickstart")?;
    ensure!(pods.len() == 2, "{pods:?}");
    let evict = |name: &str| {
        let eviction: Value = serde_json::json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": "demo"}});
        let path = format!("/api/v1/namespaces/demo/pods/{name}/eviction");
        world.kubectl_with_input(&["create", "--raw", &path, "--filename", "-"], eviction.to_string().as_bytes())
    };
    evict(&pods[0].name)?;
    let refused = evict(&pods[1].name).err().context("both were let go at once")?;
    ensure!(format!("{refused:#}").contains("disruption budget"), "{refused:#}");
    world.condition("apisvc quickstart --namespace demo", "Ready", "True", None, PODS)?;
    Ok(())
}
