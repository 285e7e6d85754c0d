//! Which services were seen, so that a status of our own sets nothing off.

use std::collections::{HashMap, HashSet};

use kube::ResourceExt;
use kube::core::DynamicObject;
use kube::runtime::reflector::ObjectRef;

/// What was known of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Nothing.
    Not,
    /// Another specification.
    Otherwise,
    /// This specification.
    AsItIs,
}

/// The objects seen, with unique id and generation.
#[derive(Debug, Default)]
pub struct Seen(HashMap<ObjectRef<DynamicObject>, (Option<String>, Option<i64>)>);

impl Seen {
    /// Notes an object and says what was known of it.
    pub fn note(&mut self, reference: &ObjectRef<DynamicObject>, object: &DynamicObject) -> Known {
        let now = (object.uid(), object.metadata.generation);
        match self.0.insert(reference.clone(), now.clone()) {
            Some(before) if before == now => Known::AsItIs,
            Some((uid, _)) if uid == now.0 => Known::Otherwise,
            _ => Known::Not,
        }
    }

    /// What was seen and is not among these.
    #[must_use]
    pub fn besides(&self, listed: &HashSet<ObjectRef<DynamicObject>>) -> Vec<ObjectRef<DynamicObject>> {
        self.0.keys().filter(|reference| !listed.contains(reference)).cloned().collect()
    }

    /// Forgets an object.
    pub fn forget(&mut self, reference: &ObjectRef<DynamicObject>) {
        self.0.remove(reference);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::context::service_resource;
    use super::*;

    fn object(uid: &str, generation: i64, revision: &str) -> DynamicObject {
        let metadata = json!({"name": "shop", "namespace": "store", "uid": uid, "generation": generation});
        serde_json::from_value(json!({"metadata": metadata, "status": {"revision": revision}})).unwrap()
    }

    #[test]
    fn a_status_is_nothing_new_and_a_successor_is() {
        let reference = ObjectRef::from_obj_with(&object("u1", 1, ""), service_resource());
        let mut seen = Seen::default();
        assert_eq!(seen.note(&reference, &object("u1", 1, "")), Known::Not);
        assert_eq!(seen.note(&reference, &object("u1", 1, "3f9c1a")), Known::AsItIs);
        assert_eq!(seen.note(&reference, &object("u1", 2, "3f9c1a")), Known::Otherwise);
        assert_eq!(seen.note(&reference, &object("u2", 1, "")), Known::Not);
        assert_eq!(seen.besides(&HashSet::new()), [reference]);
    }
}
