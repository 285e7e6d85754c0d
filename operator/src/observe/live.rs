//! An object as the API server holds it.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ManagedFieldsEntry;
use kube::core::DynamicObject;
use serde_json::Value;
use shipshape_crds::names;

/// An object as the API server holds it.
#[derive(Clone, PartialEq)]
pub struct Live {
    metadata: kube::core::ObjectMeta,
    content: Value,
}

/// Content may hold keys, so only the name is shown.
impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Live({})", self.name())
    }
}

impl Live {
    /// From an object that was read.
    ///
    /// # Errors
    /// When it cannot be written as JSON again; only a defect could cause it.
    pub fn new(object: &DynamicObject) -> Result<Self, serde_json::Error> {
        Ok(Self { metadata: object.metadata.clone(), content: serde_json::to_value(object)? })
    }

    /// From JSON.
    ///
    /// # Errors
    /// When its metadata cannot be read.
    pub fn from_value(content: Value) -> Result<Self, serde_json::Error> {
        let metadata = content.get("metadata").cloned().unwrap_or_default();
        Ok(Self { metadata: serde_json::from_value(metadata)?, content })
    }

    /// All of it.
    #[must_use]
    pub fn content(&self) -> &Value {
        &self.content
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.metadata.name.as_deref().unwrap_or_default()
    }

    /// Its unique id.
    #[must_use]
    pub fn uid(&self) -> &str {
        self.metadata.uid.as_deref().unwrap_or_default()
    }

    /// Who wrote what.
    #[must_use]
    pub fn managed_fields(&self) -> &[ManagedFieldsEntry] {
        self.metadata.managed_fields.as_deref().unwrap_or_default()
    }

    /// The hash of what the operator last applied.
    #[must_use]
    pub fn applied_hash(&self) -> Option<&str> {
        self.metadata.annotations.as_ref()?.get(names::HASH_ANNOTATION).map(String::as_str)
    }

    /// Whether the owner of that unique id controls it.
    #[must_use]
    pub fn is_controlled_by(&self, uid: &str) -> bool {
        let owners = self.metadata.owner_references.as_deref().unwrap_or_default();
        owners.iter().any(|owner| owner.uid == uid && owner.controller == Some(true))
    }

    /// Whether the operator made it for a service of that name, whoever owns it now: a restored backup keeps labels but
    /// names an owner of the past.
    #[must_use]
    pub fn is_made_for(&self, service: &str) -> bool {
        let label = |key: &str| self.metadata.labels.as_ref().and_then(|labels| labels.get(key)).map(String::as_str);
        label(names::SERVICE_LABEL) == Some(service) && label("app.kubernetes.io/managed-by") == Some(names::MANAGED_BY)
    }

    /// How many pods it asks for, where it is something that does.
    #[must_use]
    pub fn replicas(&self) -> Option<u32> {
        self.content.pointer("/spec/replicas").and_then(Value::as_u64).and_then(|count| u32::try_from(count).ok())
    }

    /// Whether it is on its way out.
    #[must_use]
    pub fn is_going(&self) -> bool {
        self.metadata.deletion_timestamp.is_some()
    }
}
