//! API keys, and the records by which the sidecar knows them.

use anyhow::{Context, Result};
use shipshape_crds::api_keys::{KeyParts, KeyRecord, KeyShard, KeyText, Peppers};

/// The field that carries a key.
pub const KEY_FIELD: &str = "X-API-Key";
/// Keys that requests take turns with, so that no single entry stays in the CPU's nearest cache.
const KEYS: u8 = 50;
/// The pepper's id.
const PEPPER: &str = "bench";

/// API keys with their records.
pub struct ApiKeys {
    keys: Vec<KeyText>,
    /// Their records.
    pub shard: KeyShard,
    /// The pepper of the records.
    pub peppers: Peppers,
}

impl ApiKeys {
    /// Makes keys; they follow from a counter.
    ///
    /// # Errors
    /// When a key cannot be read back.
    pub fn make() -> Result<Self> {
        let mut peppers = Peppers::default();
        peppers.insert(PEPPER, &[7; 32]);
        let keys: Vec<KeyText> =
            (0..KEYS).map(|number| KeyText::new(&format!("bench{number}"), [number; 32])).collect();
        let records = keys.iter().map(|key| record(key, &peppers)).collect::<Option<Vec<_>>>();
        let shard = KeyShard { keys: records.context("a key that was just made cannot be read")? };
        Ok(Self { keys, shard, peppers })
    }

    /// The keys' texts.
    pub fn texts(&self) -> impl Iterator<Item = String> {
        self.keys.iter().map(|key| key.reveal().to_owned())
    }

    /// Keys that nobody was given, each with what is wrong with it.
    #[must_use]
    pub fn wrong(&self) -> Vec<(&'static str, String)> {
        let key = self.texts().next().unwrap_or_default();
        // Its checksum is wrong where its last letter differs; a key that nobody was given has a right one.
        let last = if key.ends_with('0') { '1' } else { '0' };
        let damaged = format!("{}{last}", key.get(..key.len().saturating_sub(1)).unwrap_or_default());
        let unknown = KeyText::new("bench0", [255; 32]).reveal().to_owned();
        vec![("a damaged key", damaged), ("a key of nobody", unknown)]
    }
}

fn record(key: &KeyText, peppers: &Peppers) -> Option<KeyRecord> {
    let parts = KeyParts::parse(key.reveal())?;
    Some(KeyRecord {
        id: parts.id.to_owned(),
        hash: peppers.get(PEPPER)?.hash(parts),
        pepper: PEPPER.to_owned(),
        name: parts.id.to_owned(),
        owner: Some("bench".to_owned()),
        scopes: Vec::new(),
        expires_at: None,
    })
}
