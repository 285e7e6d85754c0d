//! A new API key, and what is kept of it.

use shipshape_crds::api::KeyFingerprint;
use shipshape_crds::api_keys::{KeyParts, KeyText, Peppers};

use super::pepper::current_pepper;

/// The key of a delivery Secret under which its owner finds the API key.
pub const DELIVERY_KEY: &str = "key";

/// A key that nobody has seen yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApiKey {
    /// The key, for its owner only.
    pub text: KeyText,
}

impl NewApiKey {
    /// A key from 40 random bytes: 8 for its public id, 32 for its secret.
    #[must_use]
    pub fn new(random: &[u8; 40]) -> Self {
        let (mut id, mut secret) = ([0; 8], [0; 32]);
        let (for_id, for_secret) = random.split_at(id.len());
        id.copy_from_slice(for_id);
        secret.copy_from_slice(for_secret);
        Self { text: KeyText::new(&KeyText::id_from(id), secret) }
    }
}

/// What is kept of a key, hashed with the namespace's current pepper; `None` where there is no usable pepper.
#[must_use]
pub fn fingerprint(key: &KeyText, peppers: &Peppers) -> Option<KeyFingerprint> {
    let parts = KeyParts::parse(key.reveal())?;
    let pepper = current_pepper(peppers)?;
    let hash = peppers.get(pepper)?.hash(parts);
    Some(KeyFingerprint { id: parts.id.to_owned(), hash, pepper: pepper.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::super::pepper::first_peppers;
    use super::*;

    #[test]
    fn what_is_kept_verifies_the_key_and_holds_nothing_of_it() {
        let random: [u8; 40] = std::array::from_fn(|at| u8::try_from(at).unwrap());
        let key = NewApiKey::new(&random);
        let peppers = first_peppers("2026-11-21T09:00:00Z".parse().unwrap(), &[5; 32]);
        let kept = fingerprint(&key.text, &peppers).unwrap();

        let parts = KeyParts::parse(key.text.reveal()).unwrap();
        assert_eq!(kept.id, parts.id);
        assert_eq!(kept.pepper, "20261121T090000Z");
        let record = shipshape_crds::api_keys::KeyRecord {
            id: kept.id.clone(),
            hash: kept.hash.clone(),
            pepper: kept.pepper.clone(),
            name: String::new(),
            owner: None,
            scopes: Vec::new(),
            expires_at: None,
        };
        assert!(peppers.get(&kept.pepper).unwrap().verify(parts, &record.hash_bytes().unwrap()));
        let secret = key.text.reveal().rsplit_once('_').unwrap().1;
        assert!(!format!("{kept:?} {key:?}").contains(&secret[..12]));
    }

    #[test]
    fn other_bytes_make_other_ids_and_secrets() {
        let mut random = [0; 40];
        let first = NewApiKey::new(&random);
        random[0] = 255;
        let other_id = NewApiKey::new(&random);
        random[0] = 0;
        random[39] = 1;
        let other_secret = NewApiKey::new(&random);
        assert!(first != other_id && first != other_secret && other_id != other_secret);
    }

    #[test]
    fn without_a_pepper_nothing_is_kept() {
        assert_eq!(fingerprint(&NewApiKey::new(&[1; 40]).text, &Peppers::default()), None);
    }
}
