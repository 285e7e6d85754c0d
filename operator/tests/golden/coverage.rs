//! The case with every field really has every field that the schema knows.

use serde_json::Value;
use shipshape_crds::api::definitions;

use crate::case::documents;

/// The paths of a schema's fields that no value has.
fn missing(schema: &Value, values: &[&Value], path: &str, found: &mut Vec<String>) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        for (name, property) in properties {
            let path = format!("{path}.{name}");
            let inside: Vec<&Value> = values.iter().filter_map(|value| value.get(name)).collect();
            if inside.is_empty() {
                found.push(path);
            } else {
                missing(property, &inside, &path, found);
            }
        }
    } else if let Some(items) = schema.get("items") {
        let inside: Vec<&Value> = values.iter().filter_map(|value| value.as_array()).flatten().collect();
        missing(items, &inside, &format!("{path}[]"), found);
    }
}

fn fields_that_no_case_has(kind: &str, beginning: &str) -> Vec<String> {
    let definition = definitions().unwrap().into_iter().find(|known| known.spec.names.kind == kind).unwrap();
    let schema = serde_json::to_value(&definition.spec.versions[0].schema).unwrap();
    let schema = schema.pointer("/openAPIV3Schema/properties/spec").unwrap();
    let documents = documents("tests/golden/everything", beginning);
    let specs: Vec<&Value> = documents.iter().map(|document| &document["spec"]).collect();
    let mut found = Vec::new();
    missing(schema, &specs, "spec", &mut found);
    // A route's policy is the same type as the service's, which is covered.
    found.retain(|path| !path.starts_with("spec.routes[].policy."));
    found
}

#[test]
fn every_field_of_a_service_is_in_a_case() {
    assert_eq!(fields_that_no_case_has("ApiService", "apiservice"), Vec::<String>::new());
}

#[test]
fn every_field_of_a_key_is_in_a_case() {
    assert_eq!(fields_that_no_case_has("ApiKey", "apikeys"), Vec::<String>::new());
}

#[test]
fn a_field_that_is_left_out_is_found() {
    let schema = serde_json::json!({"properties": {"a": {"items": {"properties": {"b": {}, "c": {}}}}}});
    let value = serde_json::json!({"a": [{"b": 1}]});
    let mut found = Vec::new();
    missing(&schema, &[&value], "spec", &mut found);
    assert_eq!(found, ["spec.a[].c"]);
}
