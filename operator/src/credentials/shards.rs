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
    /// The names of `ApiKey`s for which there is no room in [`KEY_SHARDS`] Secrets of [`KEYS_PER_SHARD`] keys.
    pub no_room: Vec<String>,
}

/// What fits into one shard.
#[derive(Debug, Clone, Copy)]
struct Room {
    keys: usize,
    bytes: usize,
}

/// A Secret holds 1,048,576 bytes; the frame around the records is small.
const ROOM: Room = Room { keys: KEYS_PER_SHARD, bytes: 1_048_000 };

/// The keys of a service that hold at that moment. Left out are expired keys, keys of other services, and keys that are
/// not made yet.
#[must_use]
pub fn shard(keys: &[ApiKey], service: &str, now: Timestamp) -> Shards {
    fill(keys.iter().filter_map(|key| record(key, service, now)).collect(), ROOM)
}

/// Each record into its own shard or, where that is full, the next one with room.
fn fill(mut records: Vec<KeyRecord>, room: Room) -> Shards {
    records.sort_by(|one, other| (&one.id, &one.name).cmp(&(&other.id, &other.name)));
    let mut filled: Vec<Filling> = (0..KEY_SHARDS).map(|number| Filling { number, ..Filling::default() }).collect();
    let mut no_room = Vec::new();
    for record in records {
        let bytes = size(&record);
        let (before, from) = filled.split_at_mut(home_of(&record.id));
        match from.iter_mut().chain(before).find(|filling| filling.has_room(bytes, room)) {
            Some(filling) => filling.add(record, bytes),
            None => no_room.push(record.name),
        }
    }
    let used = filled.into_iter().filter(|filling| !filling.shard.keys.is_empty());
    Shards { shards: used.map(|filling| (filling.number, filling.shard)).collect(), no_room }
}

/// A shard on its way.
#[derive(Debug, Default)]
struct Filling {
    number: usize,
    shard: KeyShard,
    bytes: usize,
}

impl Filling {
    fn has_room(&self, bytes: usize, room: Room) -> bool {
        self.shard.keys.len() < room.keys && self.bytes.saturating_add(bytes) <= room.bytes
    }

    fn add(&mut self, record: KeyRecord, bytes: usize) {
        self.bytes += bytes;
        self.shard.keys.push(record);
    }
}

/// The bytes of a record in its file, with a comma.
fn size(record: &KeyRecord) -> usize {
    serde_json::to_vec(record).map_or(usize::MAX, |text| text.len() + 1)
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
        let shards = fill(records, Room { keys: 2, ..ROOM });
        assert!(shards.shards.iter().all(|(_, shard)| shard.keys.len() == 2));
        assert_eq!(shards.shards.len() * 2 + shards.no_room.len(), 20);
        assert_eq!(shards.no_room, ["k16", "k17", "k18", "k19"]);
    }

    #[test]
    fn a_full_shard_fits_into_a_secret() {
        let sized = |keys: usize, scopes: usize| {
            let record = |number: usize| KeyRecord {
                id: format!("{number:012}"),
                hash: "4".repeat(44),
                pepper: "20261121T090000Z".into(),
                name: "a-name-of-ordinary-length".into(),
                owner: Some("somebody@shop.example".into()),
                scopes: vec!["s".repeat(128); scopes],
                expires_at: Some(now()),
            };
            let shards = fill((0..keys).map(record).collect(), ROOM);
            let largest =
                shards.shards.iter().map(|(_, shard)| serde_json::to_vec(shard).unwrap().len()).max().unwrap();
            (largest, shards.no_room.len())
        };
        let (ordinary, left_out) = sized(KEY_SHARDS * KEYS_PER_SHARD, 0);
        assert!(ordinary < 1_048_576 && left_out == 0, "{ordinary} bytes, {left_out} left out");
        let (wordy, left_out) = sized(8_000, 8);
        assert!((1_000_000..1_048_576).contains(&wordy) && left_out > 0, "{wordy} bytes, {left_out} left out");
    }
}
