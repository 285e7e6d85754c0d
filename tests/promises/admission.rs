//! A mistake is refused with the field and the remedy; one that slips through becomes a condition and an event.

use anyhow::{Result, ensure};

use super::Promise;
use super::world::{SOON, SYSTEM, World};

pub const PROMISES: &[Promise] = &[
    ("a service without a choice of authentication is refused with what to write", authentication_must_be_chosen),
    ("each mistake names its field", each_mistake_names_its_field),
    ("a misspelt field is refused", a_misspelt_field_is_refused),
    ("what slips through becomes a condition and an event, and the operator lives", what_slips_through),
];

fn service(body: &str) -> String {
    format!(
        "apiVersion: shipshape.dev/v1alpha1\nkind: ApiService\nmetadata: {{name: wrong, namespace: default}}\nspec:\n{body}"
    )
}

fn authentication_must_be_chosen(world: &World) -> Result<()> {
    let told = world.refusal(&service("  app: {image: a, port: 3000}\n"))?;
    ensure!(told.contains("spec.policy") && told.contains("choose how callers are identified"), "{told}");
    ensure!(told.contains("\"mode: None\""), "{told}");
    Ok(())
}

fn each_mistake_names_its_field(world: &World) -> Result<()> {
    let mistakes = [
        ("  app: {image: a, port: 8443}\n  policy: {auth: {mode: None}}\n", "spec.app.port"),
        ("  app: {image: a, port: 3000}\n  policy: {auth: {mode: Required}}\n", "spec.policy.auth.mode"),
        ("  app: {image: a, port: 3000}\n  policy: {auth: {mode: None}, sizes: {headers: 1Mi}}\n", "spec.policy.sizes"),
        (
            "  app: {image: a, port: 3000}\n  policy: {auth: {mode: None}, sizes: {body: huge}}\n",
            "spec.policy.sizes.body",
        ),
        (
            "  app: {image: a, port: 3000}\n  policy: {auth: {mode: None}, timeouts: {request: 5x}}\n",
            "spec.policy.timeouts.request",
        ),
        (
            "  app: {image: a, port: 3000}\n  policy: {auth: {mode: None}, rateLimits: [{name: a, per: IP}]}\n",
            "spec.policy.rateLimits",
        ),
        (
            "  app: {image: a, port: 3000}\n  policy: {auth: {mode: None}}\n  routes: [{name: a, match: {path: /a/../b/**c}}]\n",
            "spec.routes[0].match.path",
        ),
        (
            "  app: {image: a, port: 3000}\n  policy: {auth: {mode: None}}\n  routes:\n  - {name: a, match: {path: /a, methods: [GET]}}\n  - {name: b, match: {path: /A, methods: [POST, GET]}}\n",
            "spec.routes: Invalid value: two routes claim the same path and method",
        ),
    ];
    for (body, field) in mistakes {
        let told = world.refusal(&service(body))?;
        ensure!(told.contains(field), "{body} should name {field}: {told}");
    }
    Ok(())
}

fn a_misspelt_field_is_refused(world: &World) -> Result<()> {
    let told =
        world.refusal(&service("  app: {image: a, port: 3000}\n  policy: {auth: {mode: None}, rateLimit: []}\n"))?;
    ensure!(told.contains("unknown field \"spec.policy.rateLimit\""), "{told}");
    Ok(())
}

/// `{id}` and `{name}` are one path, which CEL cannot tell but the operator can.
fn what_slips_through(world: &World) -> Result<()> {
    let restarts = operator_restarts(world)?;
    let body = "  app: {image: a, port: 3000}\n  policy: {auth: {mode: None}}\n  routes:\n  - {name: one, match: {path: '/a/{id}'}}\n  - {name: two, match: {path: '/a/{name}'}}\n";
    world.cluster.apply(&service(body))?;
    let (message, _) = world.condition("apisvc wrong --namespace default", "Ready", "False", Some("Invalid"), SOON)?;
    ensure!(message.contains("\"one\" and \"two\" both claim"), "{message}");
    let events = world.kubectl("get events --namespace default --field-selector involvedObject.name=wrong")?;
    ensure!(events.contains("both claim"), "{events}");
    let deployments = world.kubectl("get deployments --namespace default --output name")?;
    ensure!(deployments.is_empty(), "something was made of it: {deployments}");
    world.kubectl("delete apisvc wrong --namespace default")?;
    ensure!(operator_restarts(world)? == restarts, "the operator restarted");
    Ok(())
}

fn operator_restarts(world: &World) -> Result<String> {
    world.kubectl(&format!(
        "get pods --namespace {SYSTEM} --output jsonpath={{.items[*].status.containerStatuses[*].restartCount}}"
    ))
}
