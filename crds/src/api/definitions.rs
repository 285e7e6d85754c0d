//! The CustomResourceDefinitions, as the charts carry them.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;
use serde_json::Value;

use super::api_key::ApiKey;
use super::api_service::ApiService;

/// Every definition, in a form that an API server takes: structural, and without texts of foreign types.
///
/// # Errors
/// When a derived schema cannot be rewritten; only a defect could cause it.
pub fn definitions() -> Result<Vec<CustomResourceDefinition>, serde_json::Error> {
    [ApiService::crd(), ApiKey::crd()].into_iter().map(structural).collect()
}

fn structural(definition: CustomResourceDefinition) -> Result<CustomResourceDefinition, serde_json::Error> {
    let mut value = serde_json::to_value(definition)?;
    rewrite(&mut value);
    serde_json::from_value(value)
}

/// `deny_unknown_fields` says `additionalProperties: false`, which structural schemas forbid beside `properties`: an
/// API server drops unknown fields itself, and kubectl refuses them.
fn rewrite(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if object.get("additionalProperties") == Some(&Value::Bool(false)) {
                object.remove("additionalProperties");
            }
            object.values_mut().for_each(rewrite);
        }
        Value::Array(items) => items.iter_mut().for_each(rewrite),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_never_collide_with_kubernetes_own_type() {
        let definitions = definitions().unwrap();
        let service = &definitions[0].spec.names;
        assert_eq!((service.plural.as_str(), service.singular.as_deref()), ("apisvcs", Some("apisvc")));
        assert_eq!(service.short_names.as_deref(), Some(&["ship".to_owned()][..]));
    }

    #[test]
    fn each_is_small_enough_for_kubectl_apply() {
        for definition in definitions().unwrap() {
            let size = serde_json::to_string(&definition).unwrap().len();
            assert!(size < 200_000, "{:?} has {size} bytes", definition.metadata.name);
        }
    }

    #[test]
    fn no_default_stands_inside_a_policy() {
        let text = serde_json::to_string(&definitions().unwrap()).unwrap();
        assert!(!text.contains(r#""default":"#), "a stored default would hide the layers below it");
    }
}
