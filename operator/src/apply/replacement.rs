//! What replaces an object that someone changed: ours as a whole, with what others may keep in it.

use serde_json::{Map, Value};

use super::ownership::rightful;
use crate::observe::Live;

/// Where others may keep members of their own, besides those desired.
const SHARED: [(&[&str], Option<&str>); 3] = [
    (&["metadata", "labels"], None),
    (&["metadata", "annotations"], None),
    // Its loss would roll every pod again.
    (&["spec", "template", "metadata", "annotations"], Some("kubectl.kubernetes.io/restartedAt")),
];

/// Values that the operator does not say in its main apply, and must not reset.
const KEPT: [&[&str]; 7] = [
    &["metadata", "resourceVersion"],
    &["metadata", "uid"],
    &["metadata", "finalizers"],
    &["spec", "replicas"],
    &["spec", "clusterIP"],
    &["imagePullSecrets"],
    &["secrets"],
];

/// The object that takes the live one's place.
#[must_use]
pub fn replacement(signed: Value, live: &Live) -> Value {
    let mut content = signed;
    for (path, only) in SHARED {
        let Some(Value::Object(theirs)) = at(live.content(), path) else { continue };
        for (key, value) in theirs.iter().filter(|(key, _)| only.is_none_or(|only| only == key.as_str())) {
            let below: Vec<&str> = path.iter().copied().chain([key.as_str()]).collect();
            put_if_absent(&mut content, &below, value);
        }
    }
    for path in KEPT {
        if let Some(value) = at(live.content(), path) {
            put_if_absent(&mut content, path, value);
        }
    }
    let entries = serde_json::to_value(rightful(live.managed_fields())).unwrap_or_default();
    put_if_absent(&mut content, &["metadata", "managedFields"], &entries);
    content
}

fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| value.get(key))
}

fn put_if_absent(value: &mut Value, path: &[&str], what: &Value) {
    let Some((last, parents)) = path.split_last() else { return };
    let mut place = value;
    for key in parents {
        let Some(members) = place.as_object_mut() else { return };
        place = members.entry(*key).or_insert_with(|| Value::Object(Map::new()));
    }
    if let Some(members) = place.as_object_mut() {
        members.entry(*last).or_insert_with(|| what.clone());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_number_of_pods_and_foreign_annotations_stay_and_additions_go() {
        let live = Live::from_value(json!({
            "metadata": {"name": "shop", "resourceVersion": "7", "annotations": {"theirs": "1", "ours": "old"}},
            "spec": {"replicas": 5, "template": {
                "metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "noon", "other": "x"}},
                "spec": {"hostNetwork": true, "containers": [{"name": "app"}, {"name": "debug"}]}}}}))
        .unwrap();
        let ours = json!({
            "metadata": {"name": "shop", "annotations": {"ours": "new"}},
            "spec": {"template": {"spec": {"containers": [{"name": "app"}]}}}});
        assert_eq!(
            replacement(ours, &live),
            json!({
                "metadata": {"name": "shop", "resourceVersion": "7", "managedFields": [],
                    "annotations": {"theirs": "1", "ours": "new"}},
                "spec": {"replicas": 5, "template": {
                    "metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "noon"}},
                    "spec": {"containers": [{"name": "app"}]}}}})
        );
    }
}
