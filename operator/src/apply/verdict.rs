//! What is to be done with one object: nothing, if nothing is.

use super::containment::difference;
use super::ownership::foreign;
use crate::object::Object;
use crate::observe::Live;

/// What is to be done with one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is not there.
    Create,
    /// It is as it should be.
    Unchanged,
    /// Something else is desired than was applied last.
    Update,
    /// Someone changed it; where.
    Repair(String),
    /// It belongs to somebody else.
    Taken,
}

/// What is to be done, for the service with that name and unique id.
#[must_use]
pub fn judge(object: &Object, live: Option<&Live>, service: &str, uid: &str) -> Verdict {
    let Some(live) = live else { return Verdict::Create };
    if !live.is_controlled_by(uid) && !live.is_made_for(service) {
        return Verdict::Taken;
    }
    if live.applied_hash() != Some(&object.hash()) {
        return Verdict::Update;
    }
    drift(object, live).map_or(Verdict::Unchanged, Verdict::Repair)
}

/// The first place where someone changed the object.
#[must_use]
pub fn drift(object: &Object, live: &Live) -> Option<String> {
    let differs = difference(&object.signed(), live.content(), "").map(|path| path.trim_start_matches('.').to_owned());
    differs.or_else(|| foreign(live.managed_fields()))
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::ConfigMap;
    use serde_json::{Value, json};

    use super::*;

    fn desired(text: &str) -> Object {
        let value = json!({"metadata": {"name": "shop-ca", "namespace": "store",
            "labels": {"shipshape.dev/service": "shop", "app.kubernetes.io/managed-by": "shipshape-operator"}},
            "data": {"ca.crt": text}});
        Object::new(&serde_json::from_value::<ConfigMap>(value).unwrap()).unwrap()
    }

    fn live(of: &Object, change: impl FnOnce(&mut Value)) -> Live {
        let mut content = of.signed();
        content["metadata"]["ownerReferences"] =
            json!([{"apiVersion": "v1", "kind": "ApiService", "name": "shop", "uid": "u1", "controller": true}]);
        change(&mut content);
        Live::from_value(content).unwrap()
    }

    fn judged(object: &Object, live: &Live) -> Verdict {
        judge(object, Some(live), "shop", "u1")
    }

    #[test]
    fn a_steady_state_is_left_alone() {
        let object = desired("a");
        assert_eq!(judged(&object, &live(&object, |_| {})), Verdict::Unchanged);
        assert_eq!(judge(&object, None, "shop", "u1"), Verdict::Create);
    }

    #[test]
    fn an_edit_of_ours_updates_and_one_of_theirs_is_repaired() {
        let object = desired("a");
        assert_eq!(judged(&desired("b"), &live(&object, |_| {})), Verdict::Update);
        let edited = live(&object, |content| content["data"]["ca.crt"] = json!("x"));
        assert_eq!(judged(&object, &edited), Verdict::Repair("data.ca.crt".to_owned()));
        let unsigned = live(&object, |content| content["metadata"]["annotations"] = json!({}));
        assert_eq!(judged(&object, &unsigned), Verdict::Update);
    }

    #[test]
    fn a_foreign_writer_of_the_same_value_is_drift_too() {
        let object = desired("a");
        let fields = json!([{"manager": "kubectl", "operation": "Apply", "fieldsV1": {"f:data": {"f:ca.crt": {}}}}]);
        let touched = live(&object, |content| content["metadata"]["managedFields"] = fields);
        assert_eq!(judged(&object, &touched), Verdict::Repair("data.ca.crt (kubectl)".to_owned()));
    }

    #[test]
    fn what_belongs_to_somebody_else_is_not_overwritten() {
        let object = desired("a");
        let foreign = live(&object, |content| {
            content["metadata"]["ownerReferences"] = json!([]);
            content["metadata"]["labels"] = json!({});
        });
        assert_eq!(judged(&object, &foreign), Verdict::Taken);
        let restored = live(&object, |content| content["metadata"]["ownerReferences"][0]["uid"] = json!("old"));
        assert_ne!(judged(&object, &restored), Verdict::Taken);
    }
}
