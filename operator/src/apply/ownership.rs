//! Who wrote what into an object: fields that others wrote where only the operator should.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use serde_json::Value;

/// The name under which the operator writes objects.
pub const MANAGER: &str = "shipshape-operator";
/// The name under which it writes the number of pods, through `/scale` only.
pub const SCALE_MANAGER: &str = "shipshape-operator-scale";

/// Fields below which others may write: their own annotations and labels, what controllers report, the number of pods,
/// and what `kubectl rollout restart` leaves behind.
const FREE: [&[&str]; 6] = [
    &["f:metadata"],
    &["f:status"],
    &["f:spec", "f:replicas"],
    &["f:spec", "f:template", "f:metadata", "f:annotations", "f:kubectl.kubernetes.io/restartedAt"],
    // Of a ServiceAccount: credentials for a registry are often added to it by hand.
    &["f:imagePullSecrets"],
    &["f:secrets"],
];

/// The first field that somebody else wrote, such as `spec.template.spec.hostNetwork (kubectl-edit)`.
#[must_use]
pub fn foreign(entries: &[ManagedFieldsEntry]) -> Option<String> {
    entries.iter().filter(|entry| is_foreign(entry)).find_map(|entry| {
        let fields = entry.fields_v1.as_ref().map(|fields| &fields.0)?;
        let path = first_leaf(fields, &mut Vec::new())?;
        Some(format!("{path} ({})", entry.manager.as_deref().unwrap_or("unknown")))
    })
}

/// The entries that stay when the operator takes its fields back: its own applied ones, and those of controllers that
/// write through subresources.
#[must_use]
pub fn rightful(entries: &[ManagedFieldsEntry]) -> Vec<ManagedFieldsEntry> {
    entries.iter().filter(|entry| !is_foreign(entry) || !touches_ours(entry)).cloned().collect()
}

/// An entry under the operator's own name counts as foreign where it does not come from an apply: such a field would
/// outlive its removal from what is applied.
fn is_foreign(entry: &ManagedFieldsEntry) -> bool {
    let ours = entry.manager.as_deref() == Some(MANAGER) && entry.operation.as_deref() == Some("Apply");
    let through_subresource = entry.subresource.as_deref().is_some_and(|name| !name.is_empty());
    !ours && !through_subresource
}

fn touches_ours(entry: &ManagedFieldsEntry) -> bool {
    entry.fields_v1.as_ref().is_some_and(|fields| first_leaf(&fields.0, &mut Vec::new()).is_some())
}

/// The first field below which nothing more is said and which is not free.
fn first_leaf(fields: &Value, path: &mut Vec<String>) -> Option<String> {
    if FREE.iter().any(|free| free.len() == path.len() && free.iter().zip(path.iter()).all(|(a, b)| a == b)) {
        return None;
    }
    let members = fields.as_object()?;
    if members.is_empty() && !path.is_empty() {
        return Some(readable(path));
    }
    members.iter().filter(|(key, _)| *key != ".").find_map(|(key, below)| {
        path.push(key.clone());
        let found = first_leaf(below, path);
        path.pop();
        found
    })
}

fn readable(path: &[String]) -> String {
    let part = |key: &String| key.strip_prefix("f:").unwrap_or(key).to_owned();
    path.iter().map(part).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(manager: &str, operation: &str, subresource: Option<&str>, fields: Value) -> ManagedFieldsEntry {
        serde_json::from_value(json!({
            "manager": manager, "operation": operation, "subresource": subresource, "fieldsV1": fields}))
        .unwrap()
    }

    fn spec(of: Value) -> Value {
        json!({"f:spec": {"f:template": {"f:spec": of}}})
    }

    #[test]
    fn a_hand_edit_is_seen_and_named() {
        let edit = entry("kubectl-edit", "Update", None, spec(json!({"f:hostNetwork": {}})));
        assert_eq!(foreign(&[edit]).unwrap(), "spec.template.spec.hostNetwork (kubectl-edit)");
    }

    #[test]
    fn controllers_scaling_and_restarts_may_write() {
        let restarted = json!({"f:spec": {"f:template": {"f:metadata": {"f:annotations": {".": {}, "f:kubectl.kubernetes.io/restartedAt": {}}}}}});
        let entries = [
            entry(MANAGER, "Apply", None, spec(json!({"f:containers": {}}))),
            entry(SCALE_MANAGER, "Apply", Some("scale"), json!({"f:spec": {"f:replicas": {}}})),
            entry("kubectl-scale", "Update", None, json!({"f:spec": {"f:replicas": {}}})),
            entry("kube-controller-manager", "Update", Some("status"), json!({"f:status": {"f:replicas": {}}})),
            entry("kubectl-annotate", "Update", None, json!({"f:metadata": {"f:annotations": {"f:note": {}}}})),
            entry("kubectl-rollout", "Update", None, restarted),
        ];
        assert_eq!(foreign(&entries), None);
        assert_eq!(rightful(&entries).len(), entries.len());
    }

    #[test]
    fn what_a_replace_left_under_our_name_is_taken_back() {
        let entries = [
            entry(MANAGER, "Apply", None, spec(json!({"f:containers": {}}))),
            entry(MANAGER, "Update", None, spec(json!({"f:containers": {}}))),
        ];
        assert!(foreign(&entries).is_some());
        assert_eq!(rightful(&entries), entries[..1]);
    }
}
