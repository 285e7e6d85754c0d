//! The resources' own schemas, as an API server holds them, with unknown fields refused as kubectl does.

use anyhow::Context;
use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::LocationSegment;
use jsonschema::{PatternOptions, ValidationError, Validator};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::CustomResourceExt;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};
use shipshape_crds::api::{ApiKey, ApiService};
use shipshape_crds::validate::Finding;

use super::wording::{told, unknown_field};
use crate::manifest::{Kind, named};

/// The rule of what breaks a schema.
pub(super) const SCHEMA: &str = "schema";
/// The rule of fields that do not exist.
const UNKNOWN_FIELD: &str = "unknown-field";

/// The schemas of every kind.
#[derive(Debug)]
pub struct Schemas {
    service: Schema,
    key: Schema,
}

#[derive(Debug)]
struct Schema {
    value: Value,
    validator: Validator,
}

impl Schemas {
    /// Builds them from the types.
    ///
    /// # Errors
    /// When a derived schema is none; only a defect could cause it.
    pub fn build() -> anyhow::Result<Self> {
        Ok(Self { service: schema_of::<ApiService>()?, key: schema_of::<ApiKey>()? })
    }

    /// What the schema of that kind says against a resource.
    #[must_use]
    pub fn judge(&self, kind: &Kind, value: &Value) -> Vec<Finding> {
        let schema = match kind {
            Kind::ApiService => &self.service,
            Kind::ApiKey => &self.key,
            Kind::Unknown(_) => return Vec::new(),
        };
        schema.validator.iter_errors(value).flat_map(|error| findings(&schema.value, value, &error)).collect()
    }
}

fn schema_of<R: CustomResourceExt>() -> anyhow::Result<Schema> {
    let definition = serde_json::to_value(R::crd())?;
    let mut value = definition
        .pointer("/spec/versions/0/schema/openAPIV3Schema")
        .cloned()
        .context("the definition carries no schema")?;
    let resource = R::api_resource();
    complete(&mut value, &resource.api_version, &resource.kind)?;
    let validator = jsonschema::options()
        .with_pattern_options(PatternOptions::regex())
        .should_validate_formats(true)
        .should_ignore_unknown_formats(true)
        .build(&value)
        .map_err(|error| anyhow::anyhow!("the schema of {} is none: {error}", resource.kind))?;
    Ok(Schema { value, validator })
}

/// Adds what an API server knows of every resource.
fn complete(schema: &mut Value, api_version: &str, kind: &str) -> anyhow::Result<()> {
    let settings = SchemaSettings::openapi3().with(|settings| settings.inline_subschemas = true);
    let mut metadata = settings.into_generator().into_root_schema_for::<ObjectMeta>().to_value();
    let metadata_members = metadata.as_object_mut().context("metadata has no schema")?;
    metadata_members.insert("additionalProperties".to_owned(), json!(false));
    metadata_members.insert("required".to_owned(), json!(["name"]));
    if let Some(name) = metadata.pointer_mut("/properties/name") {
        *name = json!({
            "type": "string", "maxLength": 63, "pattern": "^[a-z]([-a-z0-9]*[a-z0-9])?$",
            "description": "A name of lower-case letters, digits and -, beginning with a letter, such as shop."
        });
    }
    let root = schema.as_object_mut().context("the schema is no object")?;
    root.insert("additionalProperties".to_owned(), json!(false));
    root.insert("required".to_owned(), json!(["apiVersion", "kind", "metadata", "spec"]));
    let properties = root.get_mut("properties").and_then(Value::as_object_mut).context("the schema has no fields")?;
    properties.insert("apiVersion".to_owned(), json!({"type": "string", "enum": [api_version]}));
    properties.insert("kind".to_owned(), json!({"type": "string", "enum": [kind]}));
    properties.insert("metadata".to_owned(), metadata);
    Ok(())
}

fn findings(schema: &Value, value: &Value, error: &ValidationError<'_>) -> Vec<Finding> {
    let path = named(value, &dotted(error));
    let here = around(schema, error.schema_path().as_str());
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|name| Finding::error(UNKNOWN_FIELD, below(name), unknown_field(here, name)))
            .collect(),
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let member = here.get("properties").and_then(|members| members.get(name)).unwrap_or(&Value::Null);
            vec![Finding::error(SCHEMA, below(name), told("required", member, error.instance()))]
        }
        kind => vec![Finding::error(SCHEMA, path, told(kind.keyword(), here, error.instance()))],
    }
}

fn dotted(error: &ValidationError<'_>) -> String {
    let mut path = String::new();
    for segment in error.instance_path() {
        match segment {
            LocationSegment::Property(name) if path.is_empty() => path.push_str(&name),
            LocationSegment::Property(name) => path.push_str(&format!(".{name}")),
            LocationSegment::Index(index) => path.push_str(&format!("[{index}]")),
        }
    }
    path
}

/// The part of the schema that holds the keyword that was broken.
fn around<'a>(schema: &'a Value, keyword: &str) -> &'a Value {
    let parent = keyword.rsplit_once('/').map_or("", |(parent, _)| parent);
    schema.pointer(parent).unwrap_or(&Value::Null)
}
