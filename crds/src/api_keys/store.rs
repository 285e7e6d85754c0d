//! Records of keys, in shards, and the peppers with which they are hashed.

use std::collections::BTreeMap;

use aws_lc_rs::{constant_time, hmac};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::format::KeyParts;

/// What is kept of a key: nothing from which it could be found again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyRecord {
    /// The key's public part.
    pub id: String,
    /// HMAC-SHA-256 of the whole key with the pepper, base64.
    pub hash: String,
    /// Which pepper.
    pub pepper: String,
    /// The `ApiKey` it belongs to.
    pub name: String,
    /// Who uses it, forwarded to the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// What it may do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// The records of one Secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyShard {
    /// The records.
    pub keys: Vec<KeyRecord>,
}

/// Peppers by their id, as one file.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Peppers(BTreeMap<String, String>);

impl std::fmt::Debug for Peppers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A secret that makes a stolen record useless; without it no key can be checked.
#[derive(Clone)]
pub struct Pepper(hmac::Key);

impl std::fmt::Debug for Pepper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pepper([redacted])")
    }
}

impl Peppers {
    /// Adds a pepper.
    pub fn insert(&mut self, id: &str, secret: &[u8; 32]) {
        self.0.insert(id.to_owned(), STANDARD.encode(secret));
    }

    /// The ids, in order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The pepper of that id, if it is there and not shorter than 32 bytes.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<Pepper> {
        let secret = STANDARD.decode(self.0.get(id)?).ok().filter(|secret| secret.len() >= 32)?;
        Some(Pepper(hmac::Key::new(hmac::HMAC_SHA256, &secret)))
    }
}

impl Pepper {
    /// The hash that is stored of a key.
    #[must_use]
    pub fn hash(&self, key: KeyParts<'_>) -> String {
        STANDARD.encode(hmac::sign(&self.0, key.whole.as_bytes()))
    }

    /// Whether a presented key is the one of this hash, decoded from base64; takes the same time for every answer.
    #[must_use]
    pub fn verify(&self, key: KeyParts<'_>, hash: &[u8]) -> bool {
        let tag = hmac::sign(&self.0, key.whole.as_bytes());
        constant_time::verify_slices_are_equal(tag.as_ref(), hash).is_ok()
    }
}

impl KeyRecord {
    /// The hash in bytes, for [`Pepper::verify`]; `None` where the record is damaged.
    #[must_use]
    pub fn hash_bytes(&self) -> Option<Vec<u8>> {
        STANDARD.decode(&self.hash).ok().filter(|hash| hash.len() == 32)
    }
}

#[cfg(test)]
mod tests {
    use super::super::format::KeyText;
    use super::*;

    #[test]
    fn only_the_key_and_the_pepper_of_its_record_verify() {
        let mut peppers = Peppers::default();
        peppers.insert("p1", &[1; 32]);
        peppers.insert("p2", &[2; 32]);
        let (key, other) = (KeyText::new("a", [3; 32]), KeyText::new("a", [4; 32]));
        let parts = KeyParts::parse(key.reveal()).unwrap();
        let pepper = peppers.get("p1").unwrap();
        let hash = STANDARD.decode(pepper.hash(parts)).unwrap();
        assert!(pepper.verify(parts, &hash));
        assert!(!pepper.verify(KeyParts::parse(other.reveal()).unwrap(), &hash));
        assert!(!peppers.get("p2").unwrap().verify(parts, &hash));
        assert!(peppers.get("p3").is_none());
    }

    #[test]
    fn a_short_pepper_is_none() {
        let peppers: Peppers = serde_json::from_str(r#"{"p":"AAAA"}"#).unwrap();
        assert!(peppers.get("p").is_none());
        assert_eq!(format!("{peppers:?}"), r#"{"p"}"#);
    }
}
