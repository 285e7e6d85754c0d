//! The chart grants what the operator makes, and nothing by a wildcard.

use serde_json::Value;
use shipshape_operator::object::KINDS;
use shipshape_tests::repository::{files, root};

/// What the operator does to each kind that it makes.
const VERBS: [&str; 7] = ["create", "delete", "get", "list", "patch", "update", "watch"];

/// The rules of the operator's roles: plain YAML between the template's own lines.
fn rules() -> Vec<Value> {
    let text = std::fs::read_to_string(root().join("charts/shipshape/templates/_rules.tpl")).unwrap();
    let (_, body) = text.split_once("{{- define \"shipshape.serviceRules\" -}}").unwrap();
    serde_saphyr::from_str(body.split("{{- end -}}").next().unwrap()).unwrap()
}

fn holds(list: &Value, wanted: &str) -> bool {
    list.as_array().unwrap().iter().any(|item| item == wanted)
}

#[test]
fn every_kind_that_is_made_may_be_made() {
    let rules = rules();
    for kind in KINDS {
        let rule =
            rules.iter().find(|rule| holds(&rule["apiGroups"], kind.group) && holds(&rule["resources"], kind.plural));
        let rule = rule.unwrap_or_else(|| panic!("the chart grants nothing on {}", kind.plural));
        let missing: Vec<_> = VERBS.iter().filter(|verb| !holds(&rule["verbs"], verb)).collect();
        assert!(missing.is_empty(), "{}: the chart does not grant {missing:?}", kind.plural);
    }
}

#[test]
fn no_right_is_a_wildcard() {
    for rule in rules() {
        for field in ["apiGroups", "resources", "verbs"] {
            assert!(!holds(&rule[field], "*"), "{rule}");
        }
    }
    for path in files(&root().join("charts/shipshape/templates"), &["roles.yaml", "roles-home.yaml", "personas.yaml"]) {
        let text = std::fs::read_to_string(&path).unwrap();
        let written: Vec<_> = text
            .lines()
            .filter(|line| line.contains("['*'") || line.contains("[\"*\"") || line.trim() == "- \"*\"")
            .collect();
        assert!(written.is_empty(), "{}: {written:?}", path.display());
    }
}
