//! The definitions in the chart are the ones that the types give.

use serde_json::{Value, json};
use shipshape_crds::api::definitions;
use shipshape_tests::repository::{root, shown};

const HEAD: &str = "# Generated from the API types, but for the annotation: edit those instead.\n";

#[test]
fn the_chart_holds_the_definitions_of_the_types() {
    for definition in definitions().unwrap() {
        let path = root().join(format!("charts/shipshape-crds/templates/{}.yaml", definition.spec.names.plural));
        let mut wanted = serde_json::to_value(&definition).unwrap();
        wanted["metadata"]["annotations"] = json!({"helm.sh/resource-policy": "keep"});
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, format!("{HEAD}{}", serde_saphyr::to_string(&wanted).unwrap())).unwrap();
        }
        let found: Value = serde_saphyr::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert!(found == wanted, "{} is stale: run `make generated`", shown(&path));
    }
}

#[test]
fn no_definition_reads_as_a_template() {
    let text = serde_json::to_string(&definitions().unwrap()).unwrap();
    assert!(!text.contains("{{"), "helm would read this as a template");
}
