//! One reconcile of an `ApiKey`: made once, handed over in a Secret, kept as a hash.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{Patch, PatchParams};
use kube::core::DynamicObject;
use kube::runtime::controller::Action;
use kube::runtime::reflector::ObjectRef;
use kube::{Api, Resource, ResourceExt};
use serde_json::json;
use shipshape_crds::api::{ApiKey, KeyFingerprint, read};
use shipshape_crds::api_keys::{KeyText, Peppers};

use super::context::{Context, service_resource, until};
use super::key_status::{KeyFacts, status};
use super::peppers::{create, labels, peppers};
use crate::apply::MANAGER;
use crate::credentials::{DELIVERY_KEY, NewApiKey, fingerprint};
use crate::desired::names::PEPPER_SECRET;
use crate::error::Error;
use crate::random::fresh;

/// How often a key that could not be made is tried again: no watch tells when somebody else's Secret goes.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// Brings one key to what its specification asks for.
///
/// # Errors
/// When the API server refused or did not answer; it is tried again.
pub async fn reconcile(object: Arc<DynamicObject>, context: Arc<Context>) -> Result<Action, Error> {
    context.counted("ApiKey", &object, steps(&object, &context)).await
}

async fn steps(object: &DynamicObject, context: &Context) -> Result<Action, Error> {
    context.services.wait_until_ready().await.map_err(|_| Error::Stopping)?;
    let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
    let api = Api::<ApiKey>::namespaced(context.shared.client.clone(), &namespace);
    let value = serde_json::to_value(object).map_err(Error::json(format!("read akey/{name}")))?;
    let Ok(mut key) = read::<ApiKey>(value) else {
        // The API server took what this release cannot read: only a newer definition could cause it.
        tracing::warn!(%namespace, %name, "an ApiKey cannot be read by this release: update the operator");
        return Ok(Action::await_change());
    };
    if fingerprint_of(&key).is_none() {
        // What was seen last may be older than what was written last, and a key is made only once.
        match api.get_opt(&name).await.map_err(Error::api(format!("get akey/{name}")))? {
            Some(now) if now.uid() == key.uid() => key = now,
            _ => return Ok(Action::await_change()),
        }
    }
    let facts = facts(context, &namespace, &key).await?;
    let now = Timestamp::now();
    write(&api, &key, &facts, now).await?;
    let ends = key.spec.expires_at.filter(|ends| *ends > now).map(|ends| until(now, ends));
    let again = facts.problem.is_some().then_some(LOOK_AGAIN);
    Ok(again.into_iter().chain(ends).min().map_or_else(Action::await_change, Action::requeue))
}

async fn facts(context: &Context, namespace: &str, key: &ApiKey) -> Result<KeyFacts, Error> {
    let service = ObjectRef::new_with(&key.spec.service_ref.name, service_resource()).within(namespace);
    let mut facts = KeyFacts {
        fingerprint: fingerprint_of(key),
        secret: format!("{}-api-key", key.name_any()),
        has_service: context.services.get(&service).is_some(),
        problem: None,
    };
    if facts.fingerprint.is_none() {
        match issue(context, namespace, key, &facts.secret).await? {
            Ok(fingerprint) => facts.fingerprint = Some(fingerprint),
            Err(problem) => facts.problem = Some(problem),
        }
    }
    Ok(facts)
}

type Problem = (&'static str, String);

/// Makes the key, or finds it in the Secret where an earlier attempt left it.
async fn issue(
    context: &Context,
    namespace: &str,
    key: &ApiKey,
    name: &str,
) -> Result<Result<KeyFingerprint, Problem>, Error> {
    let client = &context.shared.client;
    let Some(peppers) = peppers(client, namespace, !hashed_keys_exist(context, namespace)).await? else {
        let message = format!(
            "Secret \"{PEPPER_SECRET}\" is missing, and keys of this namespace were hashed with it: restore it from a backup, or delete those ApiKeys"
        );
        return Ok(Err(("PepperMissing", message)));
    };
    let api = Api::<Secret>::namespaced(client.clone(), namespace);
    let text = NewApiKey::new(&fresh()?).text;
    let created =
        create(&api, &delivery(key, name, &text)).await.map_err(Error::api(format!("create Secret/{name}")))?;
    let stored = match created {
        Some(stored) => stored,
        None => api.get(name).await.map_err(Error::api(format!("get Secret/{name}")))?,
    };
    Ok(kept(key, &stored, &peppers).ok_or_else(|| {
        let message = format!(
            "Secret \"{name}\" exists already and holds no key of this ApiKey: delete it, or rename the ApiKey"
        );
        ("SecretTaken", message)
    }))
}

/// What is kept of the key in a delivery Secret of this very `ApiKey`.
fn kept(key: &ApiKey, stored: &Secret, peppers: &Peppers) -> Option<KeyFingerprint> {
    let uid = key.uid()?;
    stored.owner_references().iter().find(|owner| owner.uid == uid)?;
    let text = std::str::from_utf8(&stored.data.as_ref()?.get(DELIVERY_KEY)?.0).ok()?;
    fingerprint(&KeyText::from_stored(text)?, peppers)
}

fn delivery(key: &ApiKey, name: &str, text: &KeyText) -> Secret {
    Secret {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            namespace: key.namespace(),
            labels: Some(labels(name)),
            owner_references: key.controller_owner_ref(&()).map(|owner| vec![owner]),
            ..ObjectMeta::default()
        },
        type_: Some("Opaque".to_owned()),
        data: Some(BTreeMap::from([(DELIVERY_KEY.to_owned(), ByteString(text.reveal().as_bytes().to_vec()))])),
        ..Secret::default()
    }
}

async fn write(api: &Api<ApiKey>, key: &ApiKey, facts: &KeyFacts, now: Timestamp) -> Result<(), Error> {
    let new = status(key, facts, now);
    if key.status.as_ref() == Some(&new) {
        return Ok(());
    }
    let name = key.name_any();
    let patch = json!({
        "apiVersion": ApiKey::api_version(&()), "kind": ApiKey::kind(&()),
        "metadata": {"name": name, "uid": key.uid()}, "status": new});
    match api.patch_status(&name, &PatchParams::apply(MANAGER).force(), &Patch::Apply(&patch)).await {
        Ok(_) => Ok(()),
        // It went in the meantime.
        Err(kube::Error::Api(status)) if status.code == 404 || status.code == 409 => Ok(()),
        Err(error) => Err(Error::api(format!("write the status of akey/{name}"))(error)),
    }
}

/// Whether a key of the namespace was hashed before: then its peppers must be found, not made.
fn hashed_keys_exist(context: &Context, namespace: &str) -> bool {
    let is_hashed = |key: &DynamicObject| {
        key.metadata.namespace.as_deref() == Some(namespace) && key.data.pointer("/status/fingerprint").is_some()
    };
    context.keys.find(is_hashed).is_some()
}

fn fingerprint_of(key: &ApiKey) -> Option<KeyFingerprint> {
    key.status.as_ref()?.fingerprint.clone()
}
