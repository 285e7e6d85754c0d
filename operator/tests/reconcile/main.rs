//! The operator against a real API server: what it makes, keeps, puts back, refuses and removes.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail it by panicking"
)]

mod harness;

use harness::Harness;
use serde_json::{Value, json};
use shipshape_cluster::{Mode, available};

const SHOP: &str = "
apiVersion: shipshape.dev/v1alpha1
kind: ApiService
metadata: {name: shop, namespace: store}
spec:
  app: {image: 'shop:1', port: 5000, health: {live: /live, ready: /ready}}
  scale: {minReplicas: 3}
  policy: {auth: {apiKeys: {}}}
---
apiVersion: shipshape.dev/v1alpha1
kind: ApiKey
metadata: {name: alice, namespace: store}
spec: {serviceRef: {name: shop}}
";

#[test]
fn a_service_is_made_kept_and_removed() {
    if !available(Mode::ControlPlane, "an API server for the operator").unwrap() {
        return;
    }
    let mut harness = Harness::up("test-reconcile");
    harness.apply(SHOP);
    makes_everything(&harness);
    puts_back_what_others_change(&harness);
    lets_others_have_what_is_theirs(&harness);
    rests(&mut harness);
    holds_a_rollout_that_lacks_a_secret(&harness);
    keeps_the_last_valid_configuration(&harness);
    takes_over_nothing(&harness);
    revokes(&harness);
    removes_everything_but_the_peppers(&harness);
}

fn makes_everything(harness: &Harness) {
    harness.condition("PolicyApplied", "NoPods");
    harness.until("deployment", "shop", "three pods, by a manager of their own", |live| live["spec"]["replicas"] == 3);
    let key = harness.until("akey", "alice", "issued", |key| key["status"]["conditions"][0]["reason"] == "Issued");
    assert!(key["status"]["fingerprint"]["hash"].is_string());
    assert!(!key.to_string().contains("ship_"), "the key itself is nowhere but in its Secret");
    let held = harness.get("secret", "alice-api-key");
    assert_eq!(held["metadata"]["ownerReferences"][0]["kind"], "ApiKey");
    let config = harness
        .until("secret", "shop-policy", "the key's shard", |secret| config(secret)["files"]["apiKeys"][0].is_string());
    let status = harness.until("apisvc", "shop", "the revision", |service| {
        service["status"]["revision"] == self::config(&config)["revision"]
    });
    assert_eq!(status["status"]["url"], "https://shop.store.svc");
}

fn config(secret: &Value) -> Value {
    let text = secret["data"]["config.json"].as_str().unwrap_or_default();
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).unwrap();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

fn puts_back_what_others_change(harness: &Harness) {
    let pod = |live: &Value| live["spec"]["template"]["spec"].clone();
    let before = pod(&harness.get("deployment", "shop"));
    let edits = [
        r#"[{"op":"add","path":"/spec/template/spec/containers/-","value":{"name":"debug","image":"x"}}]"#,
        r#"[{"op":"add","path":"/spec/template/spec/hostNetwork","value":true}]"#,
        r#"[{"op":"replace","path":"/spec/template/spec/containers/0/livenessProbe","value":{"tcpSocket":{"port":1}}}]"#,
    ];
    for edit in edits {
        harness.kubectl(&["patch", "deployment", "shop", "--type=json", "-p", edit]);
        harness.until("deployment", "shop", &format!("{edit} put back"), |live| pod(live) == before);
    }
    let port = r#"[{"op":"add","path":"/spec/ports/-","value":{"name":"more","port":99}}]"#;
    harness.kubectl(&["patch", "service", "shop", "--type=json", "-p", port]);
    harness.until("service", "shop", "two ports", |live| live["spec"]["ports"].as_array().unwrap().len() == 2);
    harness.kubectl(&["patch", "secret", "shop-policy", "-p", r#"{"stringData":{"config.json":"{}"}}"#]);
    harness.until("secret", "shop-policy", "the configuration", |live| config(live)["revision"].is_string());
    harness.kubectl(&["delete", "configmap", "shop-ca"]);
    harness.until("configmap", "shop-ca", "there again", |live| !live.is_null());
    harness.kubectl(&["scale", "deployment", "shop", "--replicas=1"]);
    harness.until("deployment", "shop", "three pods again", |live| live["spec"]["replicas"] == 3);
}

fn lets_others_have_what_is_theirs(harness: &Harness) {
    harness.kubectl(&["annotate", "deployment", "shop", "theirs=1"]);
    harness.reconciled_again_after(|harness| harness.kubectl(&["rollout", "restart", "deployment", "shop"]));
    let live = harness.get("deployment", "shop");
    assert_eq!(live["metadata"]["annotations"]["theirs"], "1");
    let restarted = &live["spec"]["template"]["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"];
    assert!(restarted.is_string(), "a restart that somebody asked for is not undone");
}

/// What exists is looked at again, and nothing is written.
fn rests(harness: &mut Harness) {
    const OURS: [(&str, &str); 7] = [
        ("apisvc", "shop"),
        ("secret", "shop-policy"),
        ("secret", "shop-tls"),
        ("configmap", "shop-ca"),
        ("service", "shop"),
        ("serviceaccount", "shop"),
        ("secret", "shipshape-pepper"),
    ];
    let versions =
        |harness: &Harness| OURS.map(|(kind, name)| harness.get(kind, name)["metadata"]["resourceVersion"].clone());
    let generation = |harness: &Harness| harness.get("deployment", "shop")["metadata"]["generation"].clone();
    // Controllers finish what the restart began; its last word changes the numbers in our status.
    harness.until("deployment", "shop", "seen by its controller", |live| {
        live["status"]["observedGeneration"] == live["metadata"]["generation"]
    });
    harness
        .reconciled_again_after(|harness| harness.kubectl(&["annotate", "deployment", "shop", "theirs-", "again=1"]));
    let before = (versions(harness), generation(harness));
    harness.restart();
    harness.until_metric(r#"shipshape_operator_objects_total{action="unchanged",kind="Deployment"}"#, 1.0);
    assert_eq!((versions(harness), generation(harness)), before, "a restart writes nothing");
}

fn holds_a_rollout_that_lacks_a_secret(harness: &Harness) {
    let env = r#"{"spec":{"app":{"image":"shop:2","env":[{"name":"DB","valueFrom":{"secretKeyRef":{"name":"shop-db","key":"url"}}}]}}}"#;
    harness.kubectl(&["patch", "apisvc", "shop", "--type=merge", "-p", env]);
    let told = harness.condition("SecretsReady", "Missing");
    assert!(told.contains("kubectl create secret generic shop-db -n store --from-literal=url=VALUE"), "{told}");
    let image = |live: &Value| live["spec"]["template"]["spec"]["containers"][0]["image"].clone();
    assert_eq!(image(&harness.get("deployment", "shop")), "shop:1");
    harness.kubectl(&["create", "secret", "generic", "shop-db", "--from-literal=url=x"]);
    harness.condition("SecretsReady", "Found");
    harness.until("deployment", "shop", "the held version", |live| image(live) == "shop:2");
}

/// A rule that the API server does not know, but the operator does.
fn keeps_the_last_valid_configuration(harness: &Harness) {
    let before = harness.get("secret", "shop-policy");
    let host = r#"{"spec":{"policy":{"securityHeaders":{"set":[{"name":"Host","value":"x"}]}}}}"#;
    harness.kubectl(&["patch", "apisvc", "shop", "--type=merge", "-p", host]);
    let told = harness.condition("Ready", "Invalid");
    assert!(
        told.contains("spec.policy.securityHeaders.set[Host]")
            && told.ends_with("the last valid configuration stays in force"),
        "{told}"
    );
    assert_eq!(harness.get("secret", "shop-policy"), before);
    harness.kubectl(&[
        "patch",
        "apisvc",
        "shop",
        "--type=merge",
        "-p",
        r#"{"spec":{"policy":{"securityHeaders":null}}}"#,
    ]);
    harness.condition("SecretsReady", "Found");
}

fn takes_over_nothing(harness: &Harness) {
    harness.kubectl(&["create", "configmap", "mine-ca", "--from-literal=a=b"]);
    harness.apply(&SHOP.split("---").next().unwrap().replace("name: shop", "name: mine"));
    harness.until("apisvc", "mine", "told", |service| {
        let text = service["status"]["conditions"].to_string();
        text.contains("ConfigMap/mine-ca exists already and was not made for this service")
    });
    assert_eq!(harness.get("configmap", "mine-ca")["data"], json!({"a": "b"}));
}

fn revokes(harness: &Harness) {
    harness.kubectl(&["delete", "akey", "alice"]);
    harness.until("secret", "shop-policy", "no keys", |secret| config(secret)["files"]["apiKeys"].is_null());
    let shards = || harness.kubectl(&["get", "secret", "-l", "shipshape.dev/service=shop", "-o", "name"]);
    harness.until("secret", "alice-api-key", "gone with its ApiKey", Value::is_null);
    assert!(!shards().contains("api-keys"), "{}", shards());
}

fn removes_everything_but_the_peppers(harness: &Harness) {
    harness.kubectl(&["delete", "apisvc", "shop"]);
    for (kind, name) in [("deployment", "shop"), ("service", "shop"), ("secret", "shop-policy"), ("secret", "shop-tls")]
    {
        harness.until(kind, name, "gone", Value::is_null);
    }
    assert!(!harness.get("secret", "shipshape-pepper").is_null());
}
