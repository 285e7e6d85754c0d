//! Every example is valid: read by the very types, without a finding.

use serde_json::Value;
use shipshape_crds::api::{ApiKey, ApiService, read};
use shipshape_crds::validate::{Severity, validate};
use shipshape_tests::repository::{files, root, shown};

#[test]
fn every_resource_of_the_examples_is_valid() {
    let mut seen = 0;
    for path in files(&root().join("examples"), &[".yaml"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        for document in serde_saphyr::from_multiple::<Value>(&text).unwrap() {
            match document.get("kind").and_then(Value::as_str) {
                Some("ApiService") => judge(&shown(&path), &read(document).unwrap()),
                Some("ApiKey") => drop(read::<ApiKey>(document).unwrap()),
                _ => continue,
            }
            seen += 1;
        }
    }
    assert!(seen >= 4, "only {seen} resources found");
}

fn judge(path: &str, service: &ApiService) {
    let findings = validate(&service.spec.subject());
    let errors: Vec<_> = findings.into_iter().filter(|finding| finding.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{path}: {errors:#?}");
}
