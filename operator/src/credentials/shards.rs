//! API keys in shards: a key stays in its shard whatever other keys come and go, so that few Secrets change.

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use shipshape_crds::api::ApiKey;
use shipshape_crds::api_keys::{KeyRecord, KeyShard};
use shipshape_crds::names::{KEY_SHARDS, KEYS_PER_SHARD};

/// A service's keys, by shard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shards {
    /// The shards that hold a key, by their number, each sorted by key id.
    pub shards: Vec<(usize, KeyShard)>,
    /// The names of `ApiKey`s for which there is no room: more than [`KEY_SHARDS`] × [`KEYS_PER_SHARD`] in all.
    pub no_room: Vec<String>,
}

/// The keys of a service that hold at that moment. Left out are expired keys, keys of other services, and keys that are
/// not made yet.
#[must_use]
pub fn shard(keys: &[ApiKey], service: &str, now: Timestamp) -> Shards {
    fill(keys.iter().filter_map(|key| record(key, service, now)).collect(), KEYS_PER_SHARD)
}

/// Each record into its own shard or, where that is full, the next one with room.
fn fill(mut records: Vec<KeyRecord>, room: usize) -> Shards {
    records.sort_by(|one, other| (&one.id, &one.name).cmp(&(&other.id, &other.name)));
    let mut filled: Vec<(usize, KeyShard)> = (0..KEY_SHARDS).map(|number| (number, KeyShard::default())).collect();
    let mut no_room = Vec::new();
    for record in records {
        let home = home_of(&record.id);
        let (before, from) = filled.split_at_mut(home);
        match from.iter_mut().chain(before).find(|(_, shard)| shard.keys.len() < room) {
            Some((_, shard)) => shard.keys.push(record),
            None => no_room.push(record.name),
        }
    }
    filled.retain(|(_, shard)| !shard.keys.is_empty());
    Shards { shards: filled, no_room }
}

/// The shard that a key belongs to, by its id alone.
fn home_of(id: &str) -> usize {
    digest(&SHA256, id.as_bytes()).as_ref().first().map_or(0, |&byte| usize::from(byte) % KEY_SHARDS)
}

fn record(key: &ApiKey, service: &str, now: Timestamp) -> Option<KeyRecord> {
    let name = key.metadata.name.clone()?;
    let kept = key.status.as_ref()?.fingerprint.clone()?;
    let lives = key.spec.expires_at.is_none_or(|ends| now < ends) && key.metadata.deletion_timestamp.is_none();
    (lives && key.spec.service_ref.name == service).then(|| KeyRecord {
        id: kept.id,
        hash: kept.hash,
        pepper: kept.pepper,
        owner: Some(key.spec.owner.clone().unwrap_or_else(|| name.clone())),
        name,
        scopes: key.spec.scopes.clone(),
        expires_at: key.spec.expires_at,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(name: &str, id: &str, spec: serde_json::Value) -> ApiKey {
        let mut whole = json!({"serviceRef": {"name": "shop"}});
        whole.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
        serde_json::from_value(json!({
            "apiVersion": "shipshape.dev/v1alpha1", "kind": "ApiKey",
            "metadata": {"name": name, "namespace": "store"},
            "spec": whole,
            "status": {"fingerprint": {"id": id, "hash": "aGFzaA==", "pepper": "p"}}}))
        .unwrap()
    }

    fn now() -> Timestamp {
        "2026-11-21T00:00:00Z".parse().unwrap()
    }

    fn names(shards: &Shards) -> Vec<&str> {
        shards.shards.iter().flat_map(|(_, shard)| &shard.keys).map(|key| key.name.as_str()).collect()
    }

    #[test]
    fn only_keys_that_hold_are_in() {
        let mut unmade = key("unmade", "a", json!({}));
        unmade.status = None;
        let keys = [
            key("good", "b", json!({"scopes": ["admin"], "expiresAt": "2026-11-21T00:00:01Z"})),
            key("expired", "c", json!({"expiresAt": "2026-11-21T00:00:00Z"})),
            key("foreign", "d", json!({"serviceRef": {"name": "other"}})),
            unmade,
        ];
        let shards = shard(&keys, "shop", now());
        assert_eq!(names(&shards), ["good"]);
        let record = &shards.shards[0].1.keys[0];
        assert_eq!((record.owner.as_deref(), record.scopes.as_slice()), (Some("good"), &["admin".to_owned()][..]));
    }

    #[test]
    fn order_of_arrival_makes_no_difference() {
        let mut keys: Vec<ApiKey> = (0..100).map(|n| key(&format!("k{n}"), &format!("id{n}"), json!({}))).collect();
        let once = shard(&keys, "shop", now());
        keys.reverse();
        assert_eq!(shard(&keys, "shop", now()), once);
        assert_eq!(once.shards.len(), KEY_SHARDS, "100 keys reach every shard");
    }

    #[test]
    fn a_new_key_changes_one_shard() {
        let mut keys: Vec<ApiKey> = (0..100).map(|n| key(&format!("k{n}"), &format!("id{n}"), json!({}))).collect();
        let before = shard(&keys, "shop", now());
        keys.push(key("new", "fresh", json!({})));
        let after = shard(&keys, "shop", now());
        let changed = before.shards.iter().zip(&after.shards).filter(|(old, new)| old != new).count();
        assert_eq!(changed, 1);
    }

    #[test]
    fn a_full_shard_overflows_and_what_has_no_room_is_named() {
        let keys: Vec<ApiKey> = (0..20).map(|n| key(&format!("k{n:02}"), &format!("id{n:02}"), json!({}))).collect();
        let records: Vec<KeyRecord> = keys.iter().filter_map(|key| record(key, "shop", now())).collect();
        let shards = fill(records, 2);
        assert!(shards.shards.iter().all(|(_, shard)| shard.keys.len() == 2));
        assert_eq!(shards.shards.len() * 2 + shards.no_room.len(), 20);
        assert_eq!(shards.no_room, ["k16", "k17", "k18", "k19"]);
    }

    #[test]
    fn a_full_shard_fits_into_a_secret() {
        let record = KeyRecord {
            id: "0123456789ab".into(),
            hash: "4".repeat(44),
            pepper: "20261121T090000Z".into(),
            name: "a-name-of-ordinary-length".into(),
            owner: Some("somebody@shop.example".into()),
            scopes: vec!["customer".into()],
            expires_at: Some(now()),
        };
        let shard = KeyShard { keys: vec![record; KEYS_PER_SHARD] };
        let size = serde_json::to_vec(&shard).unwrap().len();
        assert!(size < 1_048_576, "{size} bytes");
    }
}
