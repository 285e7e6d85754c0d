//! API keys for trying: each is shown once, and only its hash is kept.

use std::collections::BTreeSet;

use anyhow::Context;
use aws_lc_rs::rand;
use shipshape_crds::api::{ApiKey, ApiServiceSpec};
use shipshape_crds::api_keys::{KeyParts, KeyRecord, KeyShard, KeyText, Peppers};
use shipshape_crds::policy::{AuthMode, Policy};

/// The pepper's id.
const PEPPER: &str = "local";
/// The name and id of the key where the files have no `ApiKey`.
const DEVELOPMENT: &str = "dev";

/// A key that was made now; it cannot be shown again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// The `ApiKey` it belongs to.
    pub name: String,
    /// The key.
    pub text: KeyText,
}

/// Who may call: what is kept of keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    /// The records.
    pub shard: KeyShard,
    /// What they are hashed with.
    pub peppers: Peppers,
}

/// Whether any request is asked for a key.
#[must_use]
pub fn asks_for_keys(spec: &ApiServiceSpec) -> bool {
    policies(spec).any(|policy| {
        let Some(auth) = &policy.auth else { return false };
        auth.api_keys.is_some() && auth.mode != Some(AuthMode::None)
    })
}

/// The records that the service needs: those kept of keys that are still asked for, and new ones for the rest.
///
/// # Errors
/// When no randomness is to be had.
pub fn complete(kept: Keys, spec: &ApiServiceSpec, resources: &[ApiKey]) -> anyhow::Result<(Keys, Vec<NewKey>)> {
    let Keys { shard, mut peppers } = kept;
    if peppers.get(PEPPER).is_none() {
        peppers.insert(PEPPER, &random()?);
    }
    let mut keys = Keys { shard: KeyShard::default(), peppers };
    let mut made = Vec::new();
    for mut wanted in wanted(spec, resources) {
        match shard.keys.iter().find(|record| record.name == wanted.name && record.pepper == PEPPER) {
            Some(record) => {
                wanted.id.clone_from(&record.id);
                wanted.hash.clone_from(&record.hash);
            }
            None => made.push(make(&mut wanted, &keys.peppers)?),
        }
        keys.shard.keys.push(wanted);
    }
    Ok((keys, made))
}

/// The records without their hashes: one for each resource, or one for trying.
fn wanted(spec: &ApiServiceSpec, resources: &[ApiKey]) -> Vec<KeyRecord> {
    let record = |name: String, owner, scopes, expires_at| KeyRecord {
        id: String::new(),
        hash: String::new(),
        pepper: PEPPER.to_owned(),
        name,
        owner,
        scopes,
        expires_at,
    };
    if resources.is_empty() {
        let scopes = scopes(spec).into_iter().collect();
        return vec![record(DEVELOPMENT.to_owned(), Some("developer".to_owned()), scopes, None)];
    }
    let of = |key: &ApiKey| {
        let name = key.metadata.name.clone().unwrap_or_default();
        record(name, key.spec.owner.clone(), key.spec.scopes.clone(), key.spec.expires_at)
    };
    resources.iter().map(of).collect()
}

fn make(record: &mut KeyRecord, peppers: &Peppers) -> anyhow::Result<NewKey> {
    record.id = if record.name == DEVELOPMENT { DEVELOPMENT.to_owned() } else { KeyText::id_from(random()?) };
    let text = KeyText::new(&record.id, random()?);
    let parts = KeyParts::parse(text.reveal()).context("a new key is none")?;
    record.hash = peppers.get(PEPPER).context("the pepper is missing")?.hash(parts);
    Ok(NewKey { name: record.name.clone(), text })
}

/// Every scope that some request needs, so that the key for trying opens everything.
fn scopes(spec: &ApiServiceSpec) -> BTreeSet<String> {
    let access = policies(spec).filter_map(|policy| policy.access.as_ref());
    access.flat_map(|access| access.any_scope.iter().chain(&access.all_scopes)).cloned().collect()
}

fn policies(spec: &ApiServiceSpec) -> impl Iterator<Item = &Policy> {
    spec.policy.iter().chain(spec.routes.iter().filter_map(|route| route.policy.as_ref()))
}

fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).ok().context("the system gives no randomness")?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn spec(policy: serde_json::Value) -> ApiServiceSpec {
        serde_json::from_value(json!({"app": {"image": "x", "port": 1}, "policy": policy})).unwrap()
    }

    fn key(name: &str, scopes: &[&str]) -> ApiKey {
        serde_json::from_value(json!({
            "apiVersion": "shipshape.dev/v1alpha1", "kind": "ApiKey", "metadata": {"name": name},
            "spec": {"serviceRef": {"name": "shop"}, "scopes": scopes}}))
        .unwrap()
    }

    #[test]
    fn a_key_is_made_once_and_only_its_hash_is_kept() {
        let spec = spec(json!({"auth": {"apiKeys": {}}}));
        let (keys, made) = complete(Keys::default(), &spec, &[key("a", &["x"]), key("b", &[])]).unwrap();
        assert_eq!(made.len(), 2);
        let parts = KeyParts::parse(made[0].text.reveal()).unwrap();
        let record = &keys.shard.keys[0];
        assert!(keys.peppers.get(PEPPER).unwrap().verify(parts, &record.hash_bytes().unwrap()));
        let kept = serde_json::to_string(&keys.shard).unwrap();
        assert!(!kept.contains(made[0].text.reveal()));

        let (again, made) = complete(keys.clone(), &spec, &[key("a", &["x", "y"])]).unwrap();
        assert!(made.is_empty());
        assert_eq!((&again.shard.keys[0].hash, again.shard.keys.len()), (&record.hash, 1));
        assert_eq!(again.shard.keys[0].scopes, ["x", "y"]);
    }

    #[test]
    fn without_a_resource_there_is_one_key_that_opens_everything() {
        let spec = spec(json!({"auth": {"apiKeys": {}}, "access": {"anyScope": ["admin"], "allScopes": ["read"]}}));
        let (keys, made) = complete(Keys::default(), &spec, &[]).unwrap();
        assert!(made[0].text.reveal().starts_with("ship_dev_"));
        assert_eq!(keys.shard.keys[0].scopes, ["admin", "read"]);
    }

    #[test]
    fn who_identifies_nobody_needs_no_key() {
        assert!(!asks_for_keys(&spec(json!({"auth": {"mode": "None"}}))));
        assert!(asks_for_keys(&spec(json!({"auth": {"mode": "Optional", "apiKeys": {}}}))));
    }
}
