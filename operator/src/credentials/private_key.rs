//! A private key as PEM that cannot be printed by accident.

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData};

use super::error::CredentialError;

/// A private key, PKCS#8 in PEM.
#[derive(Clone, PartialEq, Eq)]
pub struct PrivateKey(String);

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateKey([redacted])")
    }
}

impl PrivateKey {
    /// A new ECDSA P-256 key, from the cryptographic library's own generator.
    ///
    /// # Errors
    /// When the library has no randomness.
    pub fn generate(subject: &str) -> Result<Self, CredentialError> {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)
            .map_err(|source| CredentialError::Made { subject: subject.to_owned(), source })?;
        Ok(Self(pair.serialize_pem()))
    }

    /// A key that was stored; `None` where it is no private key.
    #[must_use]
    pub fn from_pem(pem: &str) -> Option<Self> {
        KeyPair::from_pem(pem).ok().map(|_| Self(pem.to_owned()))
    }

    /// The PEM text, to store it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The key, to sign with.
    ///
    /// # Errors
    /// When the text is no key; [`Self::from_pem`] let none in.
    pub fn pair(&self, subject: &str) -> Result<KeyPair, CredentialError> {
        KeyPair::from_pem(&self.0).map_err(|source| CredentialError::Made { subject: subject.to_owned(), source })
    }

    /// Whether this key belongs to a certificate with that public key (the bits of its SubjectPublicKeyInfo).
    #[must_use]
    pub fn fits(&self, public_key: &[u8]) -> bool {
        KeyPair::from_pem(&self.0).is_ok_and(|pair| pair.der_bytes() == public_key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_shown() {
        let key = PrivateKey::generate("test").unwrap();
        assert_eq!(format!("{key:?}"), "PrivateKey([redacted])");
        assert!(PrivateKey::from_pem(key.reveal()).is_some());
        assert!(PrivateKey::from_pem("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----").is_none());
    }
}
