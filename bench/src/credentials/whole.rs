//! Everything that a run makes up for itself; it guards nothing and ends with the run.

use anyhow::Result;

use super::api_keys::{ApiKeys, KEY_FIELD};
use super::certificate::Certificate;
use super::tokens::Tokens;

/// How a proxy learns who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// An API key, looked up by its hash.
    ApiKey,
    /// A token (RFC 7519), proven by its RS256 signature, its issuer, its audience and its time.
    Token,
}

/// A certificate, keys and tokens, valid for this run only.
pub struct Credentials {
    /// What TLS needs.
    pub certificate: Certificate,
    /// API keys.
    pub keys: ApiKeys,
    /// Tokens.
    pub tokens: Tokens,
}

/// A field of a request: name and value.
pub type Field = (&'static str, String);

impl Credentials {
    /// Makes them.
    ///
    /// # Errors
    /// When the crypto library refuses.
    pub fn make() -> Result<Self> {
        Ok(Self { certificate: Certificate::make()?, keys: ApiKeys::make()?, tokens: Tokens::make()? })
    }

    /// The credentials that are accepted; requests take turns with them.
    #[must_use]
    pub fn right(&self, identity: Identity) -> Vec<Field> {
        match identity {
            Identity::ApiKey => self.keys.texts().map(key).collect(),
            Identity::Token => self.tokens.texts.iter().map(|text| token(text)).collect(),
        }
    }

    /// Credentials that must not be accepted, each with what is wrong with it.
    ///
    /// # Errors
    /// When the crypto library refuses.
    pub fn wrong(&self, identity: Identity) -> Result<Vec<(&'static str, Field)>> {
        Ok(match identity {
            Identity::ApiKey => self.keys.wrong().into_iter().map(|(what, text)| (what, key(text))).collect(),
            Identity::Token => self.tokens.wrong()?.into_iter().map(|(what, text)| (what, token(&text))).collect(),
        })
    }
}

fn key(text: String) -> Field {
    (KEY_FIELD, text)
}

fn token(text: &str) -> Field {
    ("Authorization", format!("Bearer {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_take_turns_with_fifty_and_none_of_the_wrong_ones_is_right() {
        let credentials = Credentials::make().unwrap();
        for identity in [Identity::ApiKey, Identity::Token] {
            let right = credentials.right(identity);
            let different: std::collections::BTreeSet<_> = right.iter().collect();
            assert_eq!((right.len(), different.len()), (50, 50), "{identity:?}");
            for (what, field) in credentials.wrong(identity).unwrap() {
                assert!(!different.contains(&field), "{identity:?}: {what} is right");
            }
        }
    }
}
