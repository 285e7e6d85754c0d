//! The reads themselves, side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::future::{join_all, try_join_all};
use jiff::Timestamp;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::api::ListParams;
use kube::core::{DynamicObject, TypeMeta};
use kube::runtime::reflector::Store;
use kube::{Api, Client, ResourceExt};
use serde::de::DeserializeOwned;
use serde_json::Value;
use shipshape_crds::api::{ApiKey, ApiService, read};
use shipshape_crds::names;
use shipshape_crds::policy::CertificateRef;

use super::autoscaler::autoscaler;
use super::live::Live;
use super::missing::{MissingSecret, missing, needed};
use super::observed::{Children, Observed, PepperFile};
use crate::credentials::{Authority, CredentialError, Leaf, OwnCertificate, read_peppers};
use crate::desired::names::{PEPPER_SECRET, tls_secret};
use crate::error::Error;
use crate::object::{KINDS, Kind};
use crate::random::fresh;
use crate::settings::Settings;

/// Where a reconcile reads.
#[derive(Clone)]
pub struct Sources<'a> {
    /// The API server.
    pub client: &'a Client,
    /// The keys, as last seen.
    pub keys: &'a Store<DynamicObject>,
    /// The CA, as last kept.
    pub authority: Arc<Authority>,
    /// What holds for every service.
    pub settings: &'a Settings,
}

/// Reads everything that a service's objects and status depend on.
///
/// # Errors
/// When the API server does not answer.
pub async fn observe(sources: Sources<'_>, object: &DynamicObject) -> Result<Observed, Error> {
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let value = serde_json::to_value(object).map_err(Error::json(format!("read apisvc/{name}")))?;
    let status = value.get("status").cloned().and_then(|status| serde_json::from_value(status).ok());
    let service = read::<ApiService>(value);
    let (children, pods, peppers, missing, own_certificates, autoscaler) = futures::try_join!(
        children(sources.client, &namespace, &name),
        pods(sources.client, &namespace, &name),
        peppers(sources.client, &namespace),
        missing_secrets(sources.client, &namespace, service.as_ref().ok()),
        own_certificates(sources.client, &namespace, service.as_ref().ok()),
        autoscaler(sources.client, &namespace, &name),
    )?;
    Ok(Observed {
        now: Timestamp::now(),
        random: fresh()?,
        uid: object.uid().unwrap_or_default(),
        generation: object.metadata.generation,
        status: status.unwrap_or_default(),
        keys: keys_of(sources.keys, &namespace, &name),
        leaf: leaf(&children, &tls_secret(&name)),
        authority: sources.authority,
        settings: sources.settings.clone(),
        namespace,
        name,
        service,
        children,
        pods,
        peppers,
        missing,
        own_certificates,
        autoscaler,
    })
}

async fn children(client: &Client, namespace: &str, name: &str) -> Result<Children, Error> {
    let lists = KINDS.iter().map(|kind| list(client, kind, namespace, name));
    Ok(try_join_all(lists).await?.into_iter().flatten().collect())
}

async fn list(
    client: &Client,
    kind: &'static Kind,
    namespace: &str,
    name: &str,
) -> Result<Vec<((&'static str, String), Live)>, Error> {
    let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), namespace, &kind.resource());
    let wanted = ListParams::default().labels(&format!("{}={name}", names::SERVICE_LABEL));
    let found = api.list(&wanted).await.map_err(Error::api(format!("list {}", kind.plural)))?;
    let resource = kind.resource();
    let live = |mut object: DynamicObject| {
        // In a list, only the list says what its items are.
        object.types = Some(TypeMeta { api_version: resource.api_version.clone(), kind: resource.kind.clone() });
        Ok(((kind.kind, object.name_any()), Live::new(&object)?))
    };
    let all = found.items.into_iter().map(live).collect::<Result<_, serde_json::Error>>();
    all.map_err(Error::json(format!("read {}", kind.plural)))
}

async fn pods(client: &Client, namespace: &str, name: &str) -> Result<Vec<Pod>, Error> {
    let wanted = ListParams::default().labels(&format!("{}={name}", names::SERVICE_LABEL));
    let found = Api::<Pod>::namespaced(client.clone(), namespace).list(&wanted).await;
    Ok(found.map_err(Error::api("list pods"))?.items)
}

async fn peppers(client: &Client, namespace: &str) -> Result<Result<Option<PepperFile>, CredentialError>, Error> {
    let api = Api::<Secret>::namespaced(client.clone(), namespace);
    let found = api.get_opt(PEPPER_SECRET).await.map_err(Error::api(format!("get Secret/{PEPPER_SECRET}")))?;
    let file = |secret: Secret| {
        let mut data = secret.data.unwrap_or_default();
        read_peppers(&data)?;
        Ok(PepperFile(data.remove(names::PEPPERS_FILE).map(|bytes| bytes.0).unwrap_or_default()))
    };
    Ok(found.map(file).transpose())
}

async fn missing_secrets(
    client: &Client,
    namespace: &str,
    service: Option<&ApiService>,
) -> Result<Vec<MissingSecret>, Error> {
    let Some(service) = service else { return Ok(Vec::new()) };
    let api = Api::<Secret>::namespaced(client.clone(), namespace);
    let gets = needed(&service.spec.app).into_iter().map(|name| {
        let api = &api;
        async move { (name.to_owned(), api.get_opt(name).await) }
    });
    let mut found = BTreeMap::new();
    for (name, answer) in join_all(gets).await {
        if let Some(secret) = answer.map_err(Error::api(format!("get Secret/{name}")))? {
            found.insert(name, secret.data.unwrap_or_default().into_keys().collect::<BTreeSet<_>>());
        }
    }
    Ok(missing(&service.spec.app, &found))
}

async fn own_certificates(
    client: &Client,
    namespace: &str,
    service: Option<&ApiService>,
) -> Result<Vec<OwnCertificate>, Error> {
    let refs = service.map(|service| service.spec.certificate_refs()).unwrap_or_default();
    let api = Api::<Secret>::namespaced(client.clone(), namespace);
    let gets = refs.iter().map(|CertificateRef { name }| {
        let api = &api;
        async move {
            let found = api.get_opt(name).await.map_err(Error::api(format!("get Secret/{name}")))?;
            Ok(OwnCertificate::read(name, found))
        }
    });
    try_join_all(gets).await
}

fn keys_of(store: &Store<DynamicObject>, namespace: &str, service: &str) -> Vec<ApiKey> {
    let names_it = |key: &DynamicObject| {
        key.metadata.namespace.as_deref() == Some(namespace)
            && key.data.pointer("/spec/serviceRef/name").and_then(Value::as_str) == Some(service)
    };
    // A key that cannot be read is told in its own status.
    store.state_filter(names_it).iter().filter_map(|key| typed(key)).collect()
}

fn typed<T: DeserializeOwned>(object: &DynamicObject) -> Option<T> {
    serde_json::to_value(object).ok().and_then(|value| serde_json::from_value(value).ok())
}

fn leaf(children: &Children, name: &str) -> Option<Leaf> {
    let secret = children.get(&("Secret", name.to_owned()))?;
    let data: BTreeMap<String, ByteString> = serde_json::from_value(secret.content().get("data")?.clone()).ok()?;
    Leaf::from_secret(&data).ok()
}
