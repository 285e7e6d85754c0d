//! API keys: which record a presented key belongs to, without telling by text or time whether an id exists.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use shipshape_crds::api_keys::{KeyParts, KeyRecord, KeyShard, Pepper, Peppers};

/// A key that is known, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownKey {
    /// Its public part.
    pub id: Arc<str>,
    /// The `ApiKey` it belongs to.
    pub name: String,
    /// Who uses it: the owner, or else the name.
    pub subject: String,
    /// What it may do.
    pub scopes: Vec<String>,
    pub(crate) expires_at: Option<Timestamp>,
}

/// Why a presented key is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRefusal {
    /// It is no key of ours, unknown, revoked or forged: nobody is told which.
    Invalid,
    /// It is right and its time is over.
    Expired,
}

/// A record that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("API key \"{id}\" is skipped: {why}")]
pub struct SkippedKey {
    /// The key's public part.
    pub id: String,
    /// What is wrong with its record.
    pub why: &'static str,
}

/// Every key that is accepted.
pub struct KeyRing {
    keys: HashMap<String, StoredKey>,
    absent: Option<Pepper>,
    skipped: Vec<SkippedKey>,
}

struct StoredKey {
    known: Arc<KnownKey>,
    hash: Vec<u8>,
    pepper: Pepper,
}

impl KeyRing {
    /// A ring of the keys of all shards. A damaged record is skipped and named: it must not take the other keys down
    /// with it.
    #[must_use]
    pub fn build(shards: &[KeyShard], peppers: &Peppers) -> Self {
        let by_id: HashMap<&str, Pepper> = peppers.ids().filter_map(|id| Some((id, peppers.get(id)?))).collect();
        let mut ring = Self { keys: HashMap::new(), absent: stand_in(), skipped: Vec::new() };
        for record in shards.iter().flat_map(|shard| &shard.keys) {
            let pepper = by_id.get(record.pepper.as_str());
            match StoredKey::new(record, pepper) {
                Ok(key) if ring.keys.contains_key(&*key.known.id) => ring.skip(record, "another record has its id"),
                Ok(key) => drop(ring.keys.insert(key.known.id.to_string(), key)),
                Err(why) => ring.skip(record, why),
            }
        }
        ring
    }

    /// A ring without keys.
    #[must_use]
    pub fn empty() -> Self {
        Self::build(&[], &Peppers::default())
    }

    /// Records that cannot be used; for the log.
    #[must_use]
    pub fn skipped(&self) -> &[SkippedKey] {
        &self.skipped
    }

    /// How many keys are accepted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no key is accepted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The key that was presented.
    ///
    /// # Errors
    /// Why it is refused. An expired key is told so only to who holds the right secret.
    pub fn verify(&self, presented: &[u8], now: Timestamp) -> Result<&Arc<KnownKey>, KeyRefusal> {
        let text = std::str::from_utf8(presented).map_err(|_| KeyRefusal::Invalid)?;
        let parts = KeyParts::parse(text).ok_or(KeyRefusal::Invalid)?;
        let Some(stored) = self.keys.get(parts.id) else {
            // The same work as for a known id, so that time does not tell which ids exist.
            let matched = self.absent.as_ref().is_some_and(|pepper| pepper.verify(parts, &[0; 32]));
            std::hint::black_box(matched);
            return Err(KeyRefusal::Invalid);
        };
        if !stored.pepper.verify(parts, &stored.hash) {
            return Err(KeyRefusal::Invalid);
        }
        if stored.known.expires_at.is_some_and(|end| now >= end) {
            return Err(KeyRefusal::Expired);
        }
        Ok(&stored.known)
    }

    fn skip(&mut self, record: &KeyRecord, why: &'static str) {
        self.skipped.push(SkippedKey { id: record.id.clone(), why });
    }
}

impl StoredKey {
    fn new(record: &KeyRecord, pepper: Option<&Pepper>) -> Result<Self, &'static str> {
        let KeyRecord { id, hash: _, pepper: _, name, owner, scopes, expires_at } = record;
        let pepper = pepper.ok_or("its pepper is missing or too short")?.clone();
        let hash = record.hash_bytes().ok_or("its hash is damaged")?;
        let known = KnownKey {
            id: id.as_str().into(),
            name: name.clone(),
            subject: owner.as_ref().unwrap_or(name).clone(),
            scopes: scopes.clone(),
            expires_at: *expires_at,
        };
        Ok(Self { known: Arc::new(known), hash, pepper })
    }
}

/// A pepper for ids that do not exist; it protects nothing, so it need not be secret.
fn stand_in() -> Option<Pepper> {
    let mut peppers = Peppers::default();
    peppers.insert("absent", &[0x5a; 32]);
    peppers.get("absent")
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyRing")
            .field("keys", &self.keys.len())
            .field("skipped", &self.skipped)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use shipshape_crds::api_keys::KeyText;

    use super::*;

    fn peppers() -> Peppers {
        let mut peppers = Peppers::default();
        peppers.insert("p", &[1; 32]);
        peppers
    }

    fn record(key: &KeyText, expires_at: Option<&str>) -> KeyRecord {
        let parts = KeyParts::parse(key.reveal()).unwrap();
        KeyRecord {
            id: parts.id.to_owned(),
            hash: peppers().get("p").unwrap().hash(parts),
            pepper: "p".into(),
            name: "ci".into(),
            owner: Some("team-a".into()),
            scopes: vec!["read".into()],
            expires_at: expires_at.map(|text| text.parse().unwrap()),
        }
    }

    fn now() -> Timestamp {
        "2026-06-01T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_right_key_is_known_and_any_other_is_invalid() {
        let (key, forged, unknown) =
            (KeyText::new("dev", [1; 32]), KeyText::new("dev", [2; 32]), KeyText::new("nobody", [1; 32]));
        let ring = KeyRing::build(&[KeyShard { keys: vec![record(&key, None)] }], &peppers());
        let known = ring.verify(key.reveal().as_bytes(), now()).unwrap();
        assert_eq!((&*known.id, known.subject.as_str()), ("dev", "team-a"));
        for wrong in [forged.reveal(), unknown.reveal(), "wrong", ""] {
            assert_eq!(ring.verify(wrong.as_bytes(), now()), Err(KeyRefusal::Invalid));
        }
        assert_eq!(ring.verify(b"ship_dev_\xff", now()), Err(KeyRefusal::Invalid));
    }

    #[test]
    fn a_key_ends_at_its_time_and_only_its_holder_is_told() {
        let key = KeyText::new("dev", [1; 32]);
        let ring = |end| KeyRing::build(&[KeyShard { keys: vec![record(&key, Some(end))] }], &peppers());
        let verify = |ring: &KeyRing, key: &KeyText| ring.verify(key.reveal().as_bytes(), now()).err();
        assert_eq!(verify(&ring("2026-06-01T00:00:01Z"), &key), None);
        assert_eq!(verify(&ring("2026-06-01T00:00:00Z"), &key), Some(KeyRefusal::Expired));
        let forged = KeyText::new("dev", [2; 32]);
        assert_eq!(verify(&ring("2026-06-01T00:00:00Z"), &forged), Some(KeyRefusal::Invalid));
    }

    #[test]
    fn a_damaged_record_is_named_and_leaves_the_others() {
        let (good, bad, lost) =
            (KeyText::new("good", [1; 32]), KeyText::new("bad", [2; 32]), KeyText::new("lost", [3; 32]));
        let mut damaged = record(&bad, None);
        damaged.hash = "no hash".into();
        let mut without = record(&lost, None);
        without.pepper = "gone".into();
        let shards = [
            KeyShard { keys: vec![damaged, record(&good, None)] },
            KeyShard { keys: vec![without, record(&good, None)] },
        ];
        let ring = KeyRing::build(&shards, &peppers());
        let skipped: Vec<_> = ring.skipped().iter().map(|key| key.id.as_str()).collect();
        assert_eq!((ring.len(), skipped), (1, vec!["bad", "lost", "good"]));
        assert!(!format!("{ring:?}").contains(&good.reveal()[10..30]));
    }
}
