//! The Secrets that a service's pods mount: configuration, certificate, API keys.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use shipshape_crds::names::{CONFIG_FILE, KEY_SHARDS, key_shard_file};

use super::metadata::metadata;
use super::names::{SHARD_KEY, key_shard_secret, policy_secret, tls_secret};
use crate::model::Sound;

/// What the sidecar is told. A Secret, not a `ConfigMap`: who may read `ConfigMap`s need not know what is let through.
///
/// # Errors
/// When the configuration cannot be written as JSON; only a defect could cause it.
pub fn policy(sound: &Sound) -> Result<Secret, serde_json::Error> {
    let config = serde_json::to_vec(&sound.config)?;
    Ok(opaque(sound, policy_secret(&sound.name), BTreeMap::from([(CONFIG_FILE.to_owned(), config)])))
}

/// The service's certificate, of the type that other tools read as well.
#[must_use]
pub fn tls(sound: &Sound) -> Secret {
    Secret {
        metadata: metadata(sound, tls_secret(&sound.name)),
        type_: Some("kubernetes.io/tls".to_owned()),
        data: Some(sound.leaf.to_secret()),
        ..Secret::default()
    }
}

/// One Secret for each shard of API keys that holds any.
pub fn key_shards(sound: &Sound) -> impl Iterator<Item = Secret> {
    (0..KEY_SHARDS).filter_map(|shard| {
        let text = sound.files.get(&key_shard_file(shard))?.to_vec();
        let data = BTreeMap::from([(SHARD_KEY.to_owned(), text)]);
        Some(opaque(sound, key_shard_secret(&sound.name, shard), data))
    })
}

fn opaque(sound: &Sound, name: String, data: BTreeMap<String, Vec<u8>>) -> Secret {
    Secret {
        metadata: metadata(sound, name),
        type_: Some("Opaque".to_owned()),
        data: Some(data.into_iter().map(|(key, bytes)| (key, ByteString(bytes))).collect()),
        ..Secret::default()
    }
}
