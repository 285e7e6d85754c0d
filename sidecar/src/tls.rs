//! TLS as clients meet it: versions, protocols, the certificate, and how sessions resume.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::server::ProducesTickets;
use rustls::{ServerConfig, SupportedProtocolVersion, version};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use shipshape_crds::policy::TlsVersion;

/// Tickets of TLS 1.3 per handshake: with one, clients that open several connections at once resume half of them.
const TICKETS: usize = 2;

/// Why TLS cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate's file holds none.
    #[error("holds no PEM certificate: write the chain, leaf first")]
    Certificate,
    /// The key's file holds none.
    #[error("holds no PEM private key: write a PKCS #8, PKCS #1 or SEC 1 key")]
    Key,
    /// Key and certificate do not belong together, or rustls cannot use them.
    #[error("cannot be used with its key: {0}")]
    Pair(#[from] rustls::Error),
    /// The certificate cannot be read.
    #[error("cannot be read as X.509")]
    X509,
}

/// A certificate with its key, ready to be served.
#[derive(Debug)]
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    expires_at: i64,
}

impl Identity {
    /// Reads a PEM chain and its PEM key.
    ///
    /// # Errors
    /// When either cannot be read.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(chain).collect::<Result<_, _>>().unwrap_or_default();
        let leaf = chain.first().ok_or(TlsError::Certificate)?;
        let (_, parsed) = x509_parser::parse_x509_certificate(leaf).map_err(|_| TlsError::X509)?;
        let expires_at = parsed.validity().not_after.timestamp();
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::Key)?;
        Ok(Self { chain, key, expires_at })
    }

    /// When the leaf ends, in seconds since 1970.
    #[must_use]
    pub fn expires_at(&self) -> i64 {
        self.expires_at
    }

    /// What a handshake needs.
    ///
    /// # Errors
    /// When key and certificate do not belong together.
    pub fn server_config(self, oldest: TlsVersion, tickets: &Tickets) -> Result<Arc<ServerConfig>, TlsError> {
        let both: &[&SupportedProtocolVersion] = &[&version::TLS13, &version::TLS12];
        let versions = if oldest == TlsVersion::V1_3 { &[&version::TLS13] } else { both };
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(versions)?
            .with_no_client_auth()
            .with_single_cert(self.chain, self.key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config.send_tls13_tickets = TICKETS;
        config.ticketer = Arc::clone(&tickets.0);
        Ok(Arc::new(config))
    }
}

/// The keys of session tickets: kept through reloads, so that a new certificate costs nobody a full handshake.
#[derive(Clone)]
pub struct Tickets(Arc<dyn ProducesTickets>);

impl Tickets {
    /// Fresh keys, which rotate by themselves.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn new() -> Result<Self, TlsError> {
        Ok(Self(aws_lc_rs::Ticketer::new()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    #[test]
    fn a_key_must_belong_to_its_certificate() {
        let ((chain, key), (_, other)) = (certificate(), certificate());
        let tickets = Tickets::new().unwrap();
        let build =
            |key: &str| Identity::from_pem(chain.as_bytes(), key.as_bytes())?.server_config(TlsVersion::V1_2, &tickets);
        assert!(build(&key).is_ok());
        assert!(matches!(build(&other), Err(TlsError::Pair(_))));
        assert!(matches!(Identity::from_pem(b"", key.as_bytes()), Err(TlsError::Certificate)));
        assert!(matches!(Identity::from_pem(chain.as_bytes(), b"x"), Err(TlsError::Key)));
    }

    #[test]
    fn the_end_of_the_certificate_is_known() {
        let (chain, key) = certificate();
        let identity = Identity::from_pem(chain.as_bytes(), key.as_bytes()).unwrap();
        assert!(identity.expires_at() > 1_700_000_000);
    }
}
