//! The built-in CA as it is stored: the root that signs, the one that will, and those that did.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::ByteString;

use super::certificate::split;
use super::error::CredentialError;
use super::root::{Root, TrustedRoot};

const ACTIVE_CERTIFICATE: &str = "active.crt";
const ACTIVE_KEY: &str = "active.key";
const NEXT_CERTIFICATE: &str = "next.crt";
const NEXT_KEY: &str = "next.key";
const PREVIOUS_CERTIFICATES: &str = "previous.crt";

/// The built-in CA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// The root that signs.
    pub active: Root,
    /// The root that is trusted already and signs next.
    pub next: Option<Root>,
    /// Roots that signed before and are trusted until they end. Their keys are gone.
    pub previous: Vec<TrustedRoot>,
}

impl Authority {
    /// Reads the CA from the data of its Secret.
    ///
    /// # Errors
    /// When a part is missing or damaged; the message says which and what to do.
    pub fn from_secret(data: &BTreeMap<String, ByteString>) -> Result<Self, CredentialError> {
        let active = Root::read(required(data, ACTIVE_CERTIFICATE)?, required(data, ACTIVE_KEY)?, ACTIVE_CERTIFICATE)?;
        let next = match data.contains_key(NEXT_CERTIFICATE) {
            true => Some(Root::read(required(data, NEXT_CERTIFICATE)?, required(data, NEXT_KEY)?, NEXT_CERTIFICATE)?),
            false => None,
        };
        let previous = match data.contains_key(PREVIOUS_CERTIFICATES) {
            true => split(required(data, PREVIOUS_CERTIFICATES)?),
            false => Vec::new(),
        };
        let previous = previous
            .iter()
            .map(|pem| TrustedRoot::read(pem, PREVIOUS_CERTIFICATES))
            .collect::<Result<_, CredentialError>>()?;
        Ok(Self { active, next, previous })
    }

    /// The data of the CA's Secret.
    #[must_use]
    pub fn to_secret(&self) -> BTreeMap<String, ByteString> {
        let Self { active, next, previous } = self;
        let mut data = BTreeMap::new();
        let mut put = |key: &str, text: &str| data.insert(key.to_owned(), ByteString(text.as_bytes().to_vec()));
        put(ACTIVE_CERTIFICATE, &active.trusted.certificate.pem);
        put(ACTIVE_KEY, active.key.reveal());
        if let Some(next) = next {
            put(NEXT_CERTIFICATE, &next.trusted.certificate.pem);
            put(NEXT_KEY, next.key.reveal());
        }
        if !previous.is_empty() {
            put(PREVIOUS_CERTIFICATES, &previous.iter().map(|root| root.certificate.pem.as_str()).collect::<String>());
        }
        data
    }

    /// Every root that a client has to trust at that moment, oldest first.
    pub fn trusted(&self, now: Timestamp) -> impl Iterator<Item = &TrustedRoot> {
        let signing = std::iter::once(&self.active.trusted);
        let next = self.next.iter().map(|root| &root.trusted);
        self.previous.iter().chain(signing).chain(next).filter(move |root| root.is_live(now))
    }

    /// The trust bundle: every live root, PEM, oldest first.
    #[must_use]
    pub fn bundle(&self, now: Timestamp) -> String {
        self.trusted(now).map(|root| root.certificate.pem.as_str()).collect()
    }
}

fn required<'a>(data: &'a BTreeMap<String, ByteString>, part: &str) -> Result<&'a str, CredentialError> {
    let bytes = data.get(part).ok_or_else(|| CredentialError::authority(part, "is missing"))?;
    std::str::from_utf8(&bytes.0).map_err(|_| CredentialError::authority(part, "is no text"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Lifetimes;

    fn root(serial: u8) -> Root {
        let now: Timestamp = "2026-11-21T00:00:00Z".parse().unwrap();
        Root::generate(now, [serial; 16], &Lifetimes::default()).unwrap()
    }

    #[test]
    fn the_secret_holds_all_of_it_but_old_keys() {
        let [previous, active, next] = [root(1), root(2), root(3)];
        let old_key = previous.key.clone();
        let authority = Authority { active, next: Some(next), previous: vec![previous.trusted, root(4).trusted] };
        let data = authority.to_secret();
        assert_eq!(Authority::from_secret(&data).unwrap(), authority);
        assert!(data.values().all(|value| value.0 != old_key.reveal().as_bytes()));
    }

    #[test]
    fn what_is_damaged_is_named() {
        let whole = Authority { active: root(1), next: Some(root(2)), previous: Vec::new() }.to_secret();
        let refusal = |key: &str, value: Option<&str>| {
            let mut data = whole.clone();
            match value {
                Some(value) => data.insert(key.to_owned(), ByteString(value.as_bytes().to_vec())),
                None => data.remove(key),
            };
            Authority::from_secret(&data).unwrap_err().to_string()
        };
        assert!(refusal(ACTIVE_CERTIFICATE, None).starts_with("active.crt is missing: restore"));
        assert!(refusal(ACTIVE_KEY, Some("x")).starts_with("active.crt has no private key"));
        assert!(refusal(NEXT_KEY, None).starts_with("next.key is missing"));
        assert!(refusal(PREVIOUS_CERTIFICATES, Some("-----END CERTIFICATE-----")).contains("is no certificate"));
        let other = String::from_utf8(whole[NEXT_KEY].0.clone()).unwrap();
        assert!(refusal(ACTIVE_KEY, Some(&other)).contains("belongs to another private key"));
    }
}
