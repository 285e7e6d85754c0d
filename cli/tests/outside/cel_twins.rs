//! Each CEL rule of the definitions has a rule here that says the same offline.

use std::collections::BTreeSet;

use serde_json::Value;
use shipshape::check::judge;
use shipshape::manifest::{Manifest, Source};
use shipshape_crds::api::definitions;
use shipshape_crds::validate::Severity;

/// The rule about names, which stand outside of the specification.
const NAME_RULE: &str = "schema";

/// The start of a CEL rule's message, a policy or specification that breaks it, and the rule that says so offline.
const TWINS: [(&str, &str, &str); 9] = [
    ("the Service gets this name", "name: 1a", NAME_RULE),
    ("choose how callers are identified", "policy: {}", "auth-chosen"),
    ("nobody can be identified", "policy: {auth: {mode: Required}}", "auth-method"),
    ("the sidecar listens on", "app: {image: a, port: 8443}\n  policy: {auth: {apiKeys: {}}}", "app-port"),
    ("a limit of the service says", "policy: {auth: {apiKeys: {}}, rateLimits: [{name: a, per: IP}]}", "limit-whole"),
    ("headers are at most", "policy: {auth: {apiKeys: {}}, sizes: {headers: 65Ki}}", "size-bounds"),
    (
        "profile Modern accepts",
        "policy: {auth: {apiKeys: {}}, tls: {profile: Modern, minVersion: TLSv1.2}}",
        "tls-profile",
    ),
    (
        "two routes claim",
        "policy: {auth: {apiKeys: {}}}\n  routes: [{name: a, match: {path: /A}}, {name: b, match: {path: /a}}]",
        "route-conflict",
    ),
    (
        "clientAddress, tls.profile",
        "policy: {auth: {apiKeys: {}}}\n  routes: [{name: a, match: {path: /a}, policy: {timeouts: {idle: 1s}}}]",
        "not-per-route",
    ),
];

#[test]
fn each_rule_of_the_definitions_has_a_twin() {
    let messages = cel_messages();
    for message in &messages {
        assert!(TWINS.iter().any(|(start, _, _)| message.starts_with(start)), "no twin for: {message}");
    }
    for (start, _, _) in TWINS {
        assert!(messages.iter().any(|message| message.starts_with(start)), "no CEL rule says: {start}");
    }
}

#[test]
fn each_twin_refuses_what_the_rule_refuses() {
    for (_, specification, rule) in TWINS {
        let (name, specification) = match specification.strip_prefix("name: ") {
            Some(name) => (name, "policy: {auth: {apiKeys: {}}}"),
            None => ("a", specification),
        };
        let app = if specification.starts_with("app:") { "" } else { "app: {image: a, port: 3000}\n  " };
        let text = format!(
            "apiVersion: shipshape.dev/v1alpha1\nkind: ApiService\nmetadata: {{name: {name}}}\nspec:\n  {app}{specification}\n"
        );
        let report = judge(&Manifest::read(&[Source { name: "a.yaml".into(), text: text.clone() }])).unwrap();
        let refused: Vec<_> = report.all().filter(|finding| finding.severity == Severity::Error).collect();
        assert!(refused.iter().any(|finding| finding.rule == rule), "{rule}: {refused:?}\n{text}");
    }
}

/// The messages of all rules about a resource; rules about a change need the resource that was there before.
fn cel_messages() -> BTreeSet<String> {
    let definitions = serde_json::to_value(definitions().unwrap()).unwrap();
    let mut messages = BTreeSet::new();
    collect(&definitions, &mut messages);
    messages
}

fn collect(value: &Value, messages: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            let rules = members.get("x-kubernetes-validations").and_then(Value::as_array);
            for rule in rules.into_iter().flatten().filter(|rule| !rule["rule"].as_str().unwrap().contains("oldSelf")) {
                messages.insert(rule["message"].as_str().unwrap().to_owned());
            }
            members.values().for_each(|member| collect(member, messages));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, messages)),
        _ => {}
    }
}
