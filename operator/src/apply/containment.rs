//! Whether everything that is desired stands in what the API server holds.

use serde_json::Value;

/// Lists of metadata to which others may add; every other list must be exactly ours.
const SHARED_LISTS: [&str; 2] = ["ownerReferences", "finalizers"];

/// Whether `desired` is contained in `live`: each member that is desired is there with the desired value, and lists
/// hold the same items in the same order. What the API server added by itself in objects is no difference; an item
/// that someone added to a list is one.
#[must_use]
pub fn contained(desired: &Value, live: &Value) -> bool {
    difference(desired, live, "").is_none()
}

/// The first place where `live` is not as desired, such as `.spec.template.spec.containers[1]`.
#[must_use]
pub fn difference(desired: &Value, live: &Value, path: &str) -> Option<String> {
    match (desired, live) {
        (Value::Object(desired), Value::Object(live)) => desired.iter().find_map(|(key, wanted)| {
            let found = live.get(key).unwrap_or(&Value::Null);
            let path = format!("{path}.{key}");
            match (SHARED_LISTS.contains(&key.as_str()), wanted, found) {
                (true, Value::Array(wanted), Value::Array(found)) => {
                    let missing = wanted.iter().any(|item| !found.iter().any(|other| contained(item, other)));
                    missing.then_some(path)
                }
                _ => difference(wanted, found, &path),
            }
        }),
        (Value::Array(desired), Value::Array(live)) => {
            let nth = |(at, (wanted, found))| difference(wanted, found, &format!("{path}[{at}]"));
            let differs = desired.iter().zip(live).enumerate().find_map(nth);
            differs
                .or_else(|| (desired.len() != live.len()).then(|| format!("{path}[{}]", desired.len().min(live.len()))))
        }
        // The API server does not store what is empty.
        (desired, Value::Null) if is_empty(desired) => None,
        (desired, live) => (desired != live).then(|| path.to_owned()),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn first(desired: &Value, live: &Value) -> Option<String> {
        difference(desired, live, "")
    }

    #[test]
    fn what_the_server_adds_is_no_difference() {
        let desired = json!({"spec": {"ports": [{"port": 443}], "selector": {"a": "b"}}});
        let live = json!({"spec": {"clusterIP": "10.0.0.1", "ports": [{"port": 443, "protocol": "TCP"}], "selector": {"a": "b"}}, "status": {}});
        assert_eq!(first(&desired, &live), None);
    }

    #[test]
    fn an_empty_member_is_not_stored() {
        assert!(contained(&json!({"volumes": [], "limits": {}, "x": null}), &json!({})));
        assert!(!contained(&json!({"x": ""}), &json!({})));
    }

    #[test]
    fn an_item_that_someone_added_or_took_is_a_difference() {
        let desired = json!({"containers": [{"name": "app"}]});
        let more = json!({"containers": [{"name": "app"}, {"name": "debug"}]});
        assert_eq!(first(&desired, &more).unwrap(), ".containers[1]");
        assert_eq!(first(&more, &desired).unwrap(), ".containers[1]");
        assert_eq!(
            first(&json!({"env": [{"name": "A"}, {"name": "B"}]}), &json!({"env": [{"name": "B"}, {"name": "A"}]}))
                .unwrap(),
            ".env[0].name"
        );
    }

    #[test]
    fn others_may_own_an_object_too() {
        let ours = json!({"metadata": {"ownerReferences": [{"uid": "1"}]}});
        let both = json!({"metadata": {"ownerReferences": [{"uid": "2"}, {"uid": "1", "kind": "ApiService"}]}});
        assert!(contained(&ours, &both));
        assert_eq!(first(&both, &ours).unwrap(), ".metadata.ownerReferences");
    }
}
