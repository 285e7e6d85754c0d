//! Every rule over every resource of a set of files.

use serde::de::DeserializeOwned;
use shipshape_crds::api::{ApiKey, ApiService, ReadError, read};
use shipshape_crds::names::{ADMIN_PORT, GROUP, HTTP_PORT, HTTPS_PORT};
use shipshape_crds::validate::{Finding, Severity, validate};

use super::report::Report;
use super::schema::{SCHEMA, Schemas};
use super::wording::nearest;
use crate::manifest::{Content, Kind, Manifest, Node, Resource, named};

/// Judges every resource.
///
/// # Errors
/// When the derived schemas are none; only a defect could cause it.
pub fn judge(manifest: &Manifest) -> anyhow::Result<Report> {
    let schemas = Schemas::build()?;
    let mut report = Report::of_files(manifest);
    for resource in &manifest.resources {
        let (kind, mut findings) = match &resource.kind {
            Kind::ApiService => ("ApiService", judge_service(&schemas, resource)),
            Kind::ApiKey => ("ApiKey", judge_key(&schemas, resource, manifest)),
            Kind::Unknown(kind) => (kind.as_str(), vec![unknown_kind(kind)]),
        };
        nothing_said(&resource.node, "", &mut findings);
        if is_twice(resource, manifest) {
            let message = format!("another {kind} of these files has this name: the last one would win");
            findings.push(Finding::warning("name-twice", "metadata.name", message));
        }
        report.add(resource, kind, findings);
    }
    Ok(report)
}

fn judge_service(schemas: &Schemas, resource: &Resource) -> Vec<Finding> {
    let (service, findings) = judge_shape::<ApiService>(schemas, resource);
    let Some(service) = service else { return findings };
    let mut judged = validate(&service.spec.subject());
    if [HTTP_PORT, HTTPS_PORT, ADMIN_PORT].contains(&service.spec.app.port) {
        let message = "the sidecar listens on 8080, 8443 and 9443 in the same pod: let the app listen on another port";
        judged.push(Finding::error("app-port", "spec.app.port", message));
    }
    together(findings, judged)
}

fn judge_key(schemas: &Schemas, resource: &Resource, manifest: &Manifest) -> Vec<Finding> {
    let (key, findings) = judge_shape::<ApiKey>(schemas, resource);
    let Some(key) = key else { return findings };
    let wanted = &key.spec.service_ref.name;
    let is_there = manifest
        .of_kind(&Kind::ApiService)
        .any(|service| service.name == *wanted && service.namespace == resource.namespace);
    let mut judged = Vec::new();
    if !is_there {
        let message = format!(
            "no ApiService \"{wanted}\" in namespace \"{}\" is in these files: the key waits until there is one",
            resource.namespace
        );
        judged.push(Finding::warning("key-service", "spec.serviceRef.name", message));
    }
    together(findings, judged)
}

/// What the schema and the types say; the resource where it can be read.
fn judge_shape<T: DeserializeOwned>(schemas: &Schemas, resource: &Resource) -> (Option<T>, Vec<Finding>) {
    let mut findings = schemas.judge(&resource.kind, &resource.value);
    match read::<T>(resource.value.clone()) {
        Ok(read) => (Some(read), findings),
        Err(ReadError { field, message }) => {
            // The schema says more, and all at once; the types know a little that it does not.
            if findings.is_empty() {
                findings.push(Finding::error(SCHEMA, named(&resource.value, &field), message));
            }
            (None, findings)
        }
    }
}

/// A rule's own words replace the schema's on the same field.
fn together(shape: Vec<Finding>, judged: Vec<Finding>) -> Vec<Finding> {
    let said_again =
        |finding: &Finding| judged.iter().any(|other| other.path == finding.path && other.severity == Severity::Error);
    let mut findings: Vec<Finding> = shape.into_iter().filter(|finding| !said_again(finding)).collect();
    findings.extend(judged);
    findings
}

fn unknown_kind(kind: &str) -> Finding {
    let meant = nearest(kind, &["ApiService", "ApiKey"]);
    let remedy = meant.map_or("write ApiService or ApiKey".to_owned(), |meant| format!("did you mean {meant}?"));
    Finding::error("unknown-kind", "kind", format!("{GROUP} has no kind \"{kind}\": {remedy}"))
}

/// A field without a value is dropped by the API server, which is seldom what its author meant.
fn nothing_said(node: &Node, path: &str, findings: &mut Vec<Finding>) {
    match &node.content {
        Content::Map(members) => {
            for (name, member) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                // creationTimestamp: null is what older tools wrote into every file.
                if member.content == Content::Null && path.starts_with("spec") {
                    let message = "a field without a value says nothing: write one ({} for a field's own defaults), or leave it out";
                    findings.push(Finding::warning("nothing-said", path, message));
                } else {
                    nothing_said(member, &path, findings);
                }
            }
        }
        Content::List(items) => {
            for (index, item) in items.iter().enumerate() {
                nothing_said(item, &format!("{path}[{index}]"), findings);
            }
        }
        Content::Null | Content::Bool(_) | Content::Number(_) | Content::Text(_) => {}
    }
}

fn is_twice(resource: &Resource, manifest: &Manifest) -> bool {
    let same = |other: &&Resource| {
        other.kind == resource.kind && other.name == resource.name && other.namespace == resource.namespace
    };
    manifest.resources.iter().filter(same).count() > 1 && !resource.name.is_empty()
}
