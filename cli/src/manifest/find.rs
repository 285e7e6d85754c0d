//! One service of a set of files, and its keys.

use anyhow::{Context, bail};
use shipshape_crds::api::{ApiKey, ApiService, read};

use super::resource::{Kind, Manifest, Resource};

/// A service, and the keys that belong to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The file that the service stands in.
    pub file: String,
    /// The service.
    pub service: ApiService,
    /// Its keys.
    pub keys: Vec<ApiKey>,
}

/// The service of that name; the only one where no name is given.
///
/// # Errors
/// When a file is no YAML, there is no such service or more than one, or it cannot be read.
pub fn find_service(manifest: &Manifest, name: Option<&str>, namespace: Option<&str>) -> anyhow::Result<Found> {
    if let Some(error) = manifest.errors.first() {
        bail!("{}:{}: {}", error.file, error.line, error.message);
    }
    let services: Vec<&Resource> = manifest.of_kind(&Kind::ApiService).collect();
    let is_meant = |service: &&&Resource| {
        name.is_none_or(|name| service.name == name) && namespace.is_none_or(|namespace| service.namespace == namespace)
    };
    let meant: Vec<&Resource> = services.iter().filter(is_meant).copied().collect();
    let all = || services.iter().map(|service| service.name.as_str()).collect::<Vec<_>>().join(", ");
    let found = match (meant.as_slice(), name) {
        ([found], _) => *found,
        ([], _) if services.is_empty() => bail!("no ApiService is in these files: name files with one"),
        ([], name) => bail!("no ApiService \"{}\" is in these files: there are {}", name.unwrap_or_default(), all()),
        (_, None) => bail!("these files hold several services: name one of {}", all()),
        (_, Some(name)) => bail!("several services are called \"{name}\": name a namespace, or one file"),
    };
    Ok(Found { file: found.file.clone(), service: parsed(found)?, keys: keys_of(manifest, found)? })
}

fn keys_of(manifest: &Manifest, service: &Resource) -> anyhow::Result<Vec<ApiKey>> {
    let mut keys = Vec::new();
    let of_service = |key: &&Resource| {
        let wanted = key.value.pointer("/spec/serviceRef/name").and_then(serde_json::Value::as_str);
        key.namespace == service.namespace && wanted == Some(&service.name)
    };
    for resource in manifest.of_kind(&Kind::ApiKey).filter(of_service) {
        keys.push(parsed(resource)?);
    }
    Ok(keys)
}

fn parsed<T: serde::de::DeserializeOwned>(resource: &Resource) -> anyhow::Result<T> {
    read(resource.value.clone())
        .with_context(|| format!("\"{}\" cannot be read: shipshape check -f {}", resource.name, resource.file))
}

#[cfg(test)]
mod tests {
    use super::super::files::Source;
    use super::*;

    const TEXT: &str = "
apiVersion: shipshape.dev/v1alpha1
kind: ApiService
metadata: {name: a}
spec: {app: {image: x, port: 1}}
---
apiVersion: shipshape.dev/v1alpha1
kind: ApiService
metadata: {name: b, namespace: ns}
spec: {app: {image: x, port: 1}}
---
apiVersion: shipshape.dev/v1alpha1
kind: ApiKey
metadata: {name: k, namespace: ns}
spec: {serviceRef: {name: b}}
---
apiVersion: shipshape.dev/v1alpha1
kind: ApiKey
metadata: {name: other, namespace: ns}
spec: {serviceRef: {name: a}}
";

    #[test]
    fn a_service_is_found_with_its_keys() {
        let manifest = Manifest::read(&[Source { name: "f.yaml".into(), text: TEXT.into() }]);
        let found = find_service(&manifest, Some("b"), None).unwrap();
        let names: Vec<_> = found.keys.iter().map(|key| key.metadata.name.as_deref().unwrap()).collect();
        assert_eq!(names, ["k"]);
        let error = |name, namespace| find_service(&manifest, name, namespace).unwrap_err().to_string();
        assert!(error(None, None).contains("name one of a, b"));
        assert!(error(Some("c"), None).contains("there are a, b"));
        assert!(error(Some("a"), Some("ns")).contains("no ApiService \"a\""));
    }
}
