//! A certificate with its key, ready to be served.

use std::sync::Arc;

use jiff::Timestamp;
use rustls::SignatureScheme;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::sign::CertifiedKey;

use super::chain::ordered;
use super::error::TlsError;
use super::names::CertificateNames;
use super::pem;

/// A certificate with its key, ready to be served.
#[derive(Debug)]
pub struct Identity {
    certified: Arc<CertifiedKey>,
    names: Arc<CertificateNames>,
    begins_at: Timestamp,
    expires_at: Timestamp,
}

impl Identity {
    /// Reads a PEM chain, in whatever order, and its PEM key.
    ///
    /// # Errors
    /// When either cannot be read, or they do not belong together.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let certificates = pem::certificates(chain)?;
        let key = any_supported_type(&pem::private_key(key)?)?;
        let chain = ordered(certificates, &key)?;
        let leaf = chain.first().ok_or(TlsError::Certificate)?;
        let (_, read) = x509_parser::parse_x509_certificate(leaf).map_err(|_| TlsError::X509)?;
        let moment = |seconds| Timestamp::from_second(seconds).map_err(|_| TlsError::X509);
        let begins_at = moment(read.validity().not_before.timestamp())?;
        let expires_at = moment(read.validity().not_after.timestamp())?;
        let names = Arc::new(CertificateNames::of(&read));
        Ok(Self { certified: Arc::new(CertifiedKey::new(chain, key)), names, begins_at, expires_at })
    }

    /// When the leaf ends.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Whether its time has come and not passed.
    #[must_use]
    pub fn is_current(&self, now: Timestamp) -> bool {
        (self.begins_at..=self.expires_at).contains(&now)
    }

    /// The hosts that it stands for.
    #[must_use]
    pub fn names(&self) -> &Arc<CertificateNames> {
        &self.names
    }

    pub(super) fn begins_at(&self) -> Timestamp {
        self.begins_at
    }

    pub(super) fn certified(&self) -> &Arc<CertifiedKey> {
        &self.certified
    }

    /// Whether a client that takes these signatures can be answered with it.
    pub(super) fn can_sign(&self, schemes: &[SignatureScheme]) -> bool {
        self.certified.key.choose_scheme(schemes).is_some()
    }

    /// Whether signing with it is slow: an RSA signature costs tens of those of a curve.
    pub(super) fn is_rsa(&self) -> bool {
        self.certified.key.algorithm() == rustls::SignatureAlgorithm::RSA
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::authority::{Authority, Kind};
    use super::*;

    #[test]
    fn a_key_must_belong_to_its_certificate() {
        let authority = Authority::new();
        let ((chain, key), (_, other)) =
            (authority.issue(&["a.example"], Kind::Ecdsa), authority.issue(&["a.example"], Kind::Ecdsa));
        let read = |chain: &str, key: &str| Identity::from_pem(chain.as_bytes(), key.as_bytes());
        assert!(read(&chain, &key).unwrap().names().covers("a.example"));
        assert!(matches!(read(&chain, &other), Err(TlsError::Mismatch)));
        assert!(matches!(read("", &key), Err(TlsError::Certificate)));
        assert!(matches!(read(&chain, "x"), Err(TlsError::Key)));
    }

    #[test]
    fn a_chain_in_any_order_is_served_leaf_first() {
        let authority = Authority::new();
        let stranger = Authority::new();
        let (leaf, key) = authority.issue(&["a.example"], Kind::Ecdsa);
        let served = |chain: String| {
            let identity = Identity::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
            identity.certified().cert.clone()
        };
        let right = served(format!("{leaf}{}{}", authority.intermediate_pem(), authority.root_pem()));
        assert_eq!(right.len(), 3);
        for chain in [
            format!("{}{}{leaf}", authority.root_pem(), authority.intermediate_pem()),
            format!("{}{leaf}{}", authority.intermediate_pem(), authority.root_pem()),
            format!("{}{leaf}{}{}", stranger.root_pem(), authority.root_pem(), authority.intermediate_pem()),
        ] {
            assert_eq!(served(chain), right);
        }
    }

    #[test]
    fn its_time_is_known() {
        let authority = Authority::new();
        let (chain, key) = authority.issue_between(&["a.example"], "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");
        let identity = Identity::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
        let at = |time: &str| identity.is_current(time.parse().unwrap());
        assert_eq!((at("2025-12-31T23:59:59Z"), at("2026-01-15T00:00:00Z")), (false, true));
        assert!(!at("2026-02-01T00:00:01Z"));
        assert_eq!(identity.expires_at(), "2026-02-01T00:00:00Z".parse().unwrap());
    }
}
