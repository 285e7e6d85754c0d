//! The text of a key: `ship_ID_SECRET`, where the secret ends in a checksum that tells a typing error from a guess.

use aws_lc_rs::digest::{SHA256, digest};

/// What every key starts with, so that secret scanners know it.
const PREFIX: &str = "ship_";
/// Crockford's base 32 in lower case: no letters that look like digits.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Random bytes of a secret.
const SECRET_BYTES: usize = 32;
/// Letters that 32 bytes take in base 32.
const SECRET_LETTERS: usize = 52;
/// Letters of the checksum.
const CHECKSUM_LETTERS: usize = 6;

/// A whole key. It is a secret: it cannot be printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyText(String);

impl std::fmt::Debug for KeyText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyText([redacted])")
    }
}

impl KeyText {
    /// A key with this id (1 to 32 lower-case letters and digits) and these random bytes.
    #[must_use]
    pub fn new(id: &str, random: [u8; SECRET_BYTES]) -> Self {
        let secret = base32(&random);
        let sum = checksum(id, &secret);
        Self(format!("{PREFIX}{id}_{secret}{sum}"))
    }

    /// Reads back a key that was stored.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        KeyParts::parse(text).map(|_| Self(text.to_owned()))
    }

    /// The key, to hand to its owner.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// An id of 12 letters from random bytes.
    #[must_use]
    pub fn id_from(random: [u8; 8]) -> String {
        base32(&random).chars().take(12).collect()
    }
}

/// A presented key, taken apart; its checksum is right, which says nothing about whether it exists.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyParts<'a> {
    /// The public part.
    pub id: &'a str,
    /// The whole text, which is what is hashed.
    pub whole: &'a str,
}

impl std::fmt::Debug for KeyParts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyParts").field("id", &self.id).finish_non_exhaustive()
    }
}

impl<'a> KeyParts<'a> {
    /// Takes a presented text apart; `None` where it cannot be a key of ours.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let (id, tail) = text.strip_prefix(PREFIX)?.rsplit_once('_')?;
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if !(1..=32).contains(&id.len())
            || !plain(id)
            || tail.len() != SECRET_LETTERS + CHECKSUM_LETTERS
            || !plain(tail)
        {
            return None;
        }
        let (secret, sum) = tail.split_at_checked(SECRET_LETTERS)?;
        (checksum(id, secret) == sum).then_some(Self { id, whole: text })
    }
}

/// Six letters that depend on all others.
#[must_use]
pub fn checksum(id: &str, secret: &str) -> String {
    let sum = digest(&SHA256, format!("{id}_{secret}").as_bytes());
    base32(sum.as_ref()).chars().take(CHECKSUM_LETTERS).collect()
}

fn base32(bytes: &[u8]) -> String {
    let letter = |value: u32| ALPHABET.get((value & 31) as usize).copied().map_or('0', char::from);
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut held, mut bits) = (0_u32, 0_u32);
    for &byte in bytes {
        held = (held << 8) | u32::from(byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(letter(held >> bits));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(letter(held << (5 - bits)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_and_a_typing_error_is_seen() {
        let key = KeyText::new("dev", [7; 32]);
        let parts = KeyParts::parse(key.reveal()).unwrap();
        assert_eq!(parts.id, "dev");
        assert_eq!(key.reveal().len(), "ship_dev_".len() + SECRET_LETTERS + CHECKSUM_LETTERS);
        let mut wrong = key.reveal().to_owned();
        wrong.replace_range(12..13, "z");
        assert_eq!(KeyParts::parse(&wrong), None);
        for text in ["", "ship_", "ship__", "ship_dev_", "wrong", "ship_dev_é", &key.reveal().to_uppercase()] {
            assert_eq!(KeyParts::parse(text), None, "{text}");
        }
    }

    #[test]
    fn no_debug_output_holds_a_secret() {
        let key = KeyText::new("dev", [9; 32]);
        let parts = KeyParts::parse(key.reveal()).unwrap();
        let shown = format!("{key:?} {parts:?}");
        assert!(!shown.contains(&key.reveal()[12..40]), "{shown}");
    }

    #[test]
    fn ids_have_twelve_letters() {
        assert_eq!(KeyText::id_from([255; 8]), "zzzzzzzzzzzz");
    }
}
