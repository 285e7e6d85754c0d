//! A Kubernetes object without its type: what `desired` hands to `apply`, and the table of every kind there is.

use aws_lc_rs::digest::{SHA256, digest};
use kube::core::ApiResource;
use kube::{Resource, ResourceExt};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use shipshape_crds::names;

/// A kind that the operator makes for a service; it feeds the watches, the pruning and the chart's rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// The API group; empty for the core group.
    pub group: &'static str,
    /// The version.
    pub version: &'static str,
    /// The kind.
    pub kind: &'static str,
    /// The plural, as in URLs and in roles.
    pub plural: &'static str,
}

/// Every kind that `desired` makes, and none else.
pub const KINDS: [Kind; 6] = [
    Kind { group: "", version: "v1", kind: "ServiceAccount", plural: "serviceaccounts" },
    Kind { group: "", version: "v1", kind: "Secret", plural: "secrets" },
    Kind { group: "", version: "v1", kind: "ConfigMap", plural: "configmaps" },
    Kind { group: "", version: "v1", kind: "Service", plural: "services" },
    Kind { group: "apps", version: "v1", kind: "Deployment", plural: "deployments" },
    Kind { group: "policy", version: "v1", kind: "PodDisruptionBudget", plural: "poddisruptionbudgets" },
];

impl Kind {
    /// The kind of that name.
    #[must_use]
    pub fn named(kind: &str) -> Option<&'static Self> {
        KINDS.iter().find(|known| known.kind == kind)
    }

    /// How the API server knows it.
    #[must_use]
    pub fn resource(&self) -> ApiResource {
        let api_version =
            if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) };
        ApiResource {
            group: self.group.to_owned(),
            version: self.version.to_owned(),
            api_version,
            kind: self.kind.to_owned(),
            plural: self.plural.to_owned(),
        }
    }
}

/// A desired object with the resource under which the API server knows it.
#[derive(Clone, PartialEq)]
pub struct Object {
    resource: ApiResource,
    name: String,
    content: Value,
}

/// Content may hold keys, so only the name is shown.
impl std::fmt::Debug for Object {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Object({}/{})", self.resource.kind, self.name)
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.content.serialize(serializer)
    }
}

impl Object {
    /// Takes the type off an object.
    ///
    /// # Errors
    /// When the object cannot be written as JSON; only a defect could cause it.
    pub fn new<K>(typed: &K) -> Result<Self, serde_json::Error>
    where
        K: Resource<DynamicType = ()> + Serialize,
    {
        let content = serde_json::to_value(typed)?;
        Ok(Self { resource: ApiResource::erase::<K>(&()), name: typed.name_any(), content })
    }

    /// The resource under which the API server knows it.
    #[must_use]
    pub fn resource(&self) -> &ApiResource {
        &self.resource
    }

    /// Its kind, such as `Deployment`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.resource.kind
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All of it, as the API server is told.
    #[must_use]
    pub fn content(&self) -> &Value {
        &self.content
    }

    /// SHA-256 of the content in canonical form, hexadecimal, 32 letters.
    #[must_use]
    pub fn hash(&self) -> String {
        let sum = digest(&SHA256, canonical(&self.content).to_string().as_bytes());
        sum.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The content with its hash in an annotation: what is sent.
    #[must_use]
    pub fn signed(&self) -> Value {
        let mut content = self.content.clone();
        if let Some(metadata) = content.get_mut("metadata").and_then(Value::as_object_mut) {
            let annotations = metadata.entry("annotations").or_insert_with(|| Value::Object(Map::new()));
            if let Some(annotations) = annotations.as_object_mut() {
                annotations.insert(names::HASH_ANNOTATION.to_owned(), Value::String(self.hash()));
            }
        }
        content
    }
}

/// The same value with every object's members in order, whatever map the JSON library was built with.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by_key(|(key, _)| *key);
            Value::Object(sorted.into_iter().map(|(key, value)| (key.clone(), canonical(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(canonical).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::apps::v1::Deployment;
    use k8s_openapi::api::core::v1::{ConfigMap, Secret, Service, ServiceAccount};
    use k8s_openapi::api::policy::v1::PodDisruptionBudget;
    use serde_json::json;

    use super::*;

    fn config_map(value: Value) -> Object {
        Object::new(&serde_json::from_value::<ConfigMap>(value).unwrap()).unwrap()
    }

    #[test]
    fn the_table_says_what_the_types_say() {
        let erased = [
            ApiResource::erase::<ServiceAccount>(&()),
            ApiResource::erase::<Secret>(&()),
            ApiResource::erase::<ConfigMap>(&()),
            ApiResource::erase::<Service>(&()),
            ApiResource::erase::<Deployment>(&()),
            ApiResource::erase::<PodDisruptionBudget>(&()),
        ];
        assert_eq!(KINDS.map(|kind| kind.resource()), erased);
    }

    #[test]
    fn the_hash_follows_the_content_and_not_the_order() {
        let one = config_map(json!({"metadata": {"name": "a"}, "data": {"x": "1", "y": "2"}}));
        let same = config_map(json!({"data": {"y": "2", "x": "1"}, "metadata": {"name": "a"}}));
        let other = config_map(json!({"metadata": {"name": "a"}, "data": {"x": "1", "y": "3"}}));
        assert_eq!(one.hash(), same.hash());
        assert_ne!(one.hash(), other.hash());
        assert_eq!(one.hash().len(), 32);
    }

    #[test]
    fn what_is_sent_carries_the_hash_of_what_it_was_made_of() {
        let object = config_map(json!({"metadata": {"name": "a", "annotations": {"keep": "me"}}}));
        let sent = object.signed();
        assert_eq!(sent["metadata"]["annotations"][names::HASH_ANNOTATION], json!(object.hash()));
        assert_eq!(sent["metadata"]["annotations"]["keep"], json!("me"));
        assert_eq!(format!("{object:?}"), "Object(ConfigMap/a)");
    }
}
