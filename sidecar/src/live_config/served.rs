//! The certificates of a configuration: what its files hold, or what was served before where they are no good.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use shipshape_crds::sidecar_config::Files;

use super::bundle::{FurtherCertificate, SecretBytes};
use crate::tls::{Certificates, Identity, Renewed, TlsError, renew};

/// The name of the certificate that every configuration has.
const BUILT_IN: &str = "built-in";

/// The certificates that are served, by name, and what is wrong with their files.
pub struct Served {
    certificates: Arc<Certificates>,
    by_name: BTreeMap<String, Arc<Identity>>,
    troubles: Vec<String>,
    again_at: Option<Timestamp>,
}

/// What certificates are read from.
pub(super) struct CertificateInput<'a> {
    pub(super) files: &'a Files,
    pub(super) certificate: Vec<u8>,
    pub(super) certificate_key: SecretBytes,
    pub(super) certificates: Vec<FurtherCertificate>,
}

/// Why no TLS can be served at all.
#[derive(Debug, thiserror::Error)]
pub(super) enum ServeError {
    /// The one certificate that must be there is not.
    #[error("{0}")]
    BuiltIn(String),
    /// The library refuses what it is given.
    #[error("TLS cannot be served: {0}")]
    Library(#[from] TlsError),
}

/// What has been decided so far.
#[derive(Default)]
struct Decided {
    by_name: BTreeMap<String, Arc<Identity>>,
    troubles: Vec<String>,
    again_at: Option<Timestamp>,
}

impl Decided {
    /// Takes one decision in.
    fn take(&mut self, name: &str, label: &str, renewed: Renewed) -> Option<Arc<Identity>> {
        let Renewed { identity, trouble, again_at } = renewed;
        self.troubles.extend(trouble.map(|trouble| format!("{label}: {trouble}")));
        self.again_at = self.again_at.into_iter().chain(again_at).min();
        self.by_name.extend(identity.clone().map(|identity| (name.to_owned(), identity)));
        identity
    }
}

impl Served {
    /// What is served from now on. Only the built-in certificate has to be there.
    pub(super) fn build(
        input: CertificateInput<'_>,
        before: Option<&Self>,
        now: Timestamp,
    ) -> Result<Self, ServeError> {
        let CertificateInput { files, certificate, certificate_key, certificates } = input;
        let old = |name: &str| before.and_then(|before| before.by_name.get(name));
        let mut decided = Decided::default();
        let label = format!("{} with {}", files.certificate, files.certificate_key);
        let read = Identity::from_pem(&certificate, &certificate_key.0);
        let Some(built_in) = decided.take(BUILT_IN, &label, renew(read, old(BUILT_IN), now)) else {
            return Err(ServeError::BuiltIn(decided.troubles.join("; ")));
        };
        let mut own = Vec::new();
        for FurtherCertificate { name, pair } in certificates {
            let read = pair.map_err(TlsError::File).and_then(|(chain, key)| Identity::from_pem(&chain, &key.0));
            let label = format!("certificate \"{name}\"");
            own.extend(decided.take(&name, &label, renew(read, old(&name), now)));
        }
        let Decided { by_name, troubles, again_at } = decided;
        Ok(Self { certificates: Arc::new(Certificates::new(built_in, own)), by_name, troubles, again_at })
    }

    /// The certificates, to choose from.
    #[must_use]
    pub fn certificates(&self) -> Arc<Certificates> {
        Arc::clone(&self.certificates)
    }

    /// What is wrong with files of certificates, and what is done about it.
    #[must_use]
    pub fn troubles(&self) -> &[String] {
        &self.troubles
    }

    /// When each certificate ends, in seconds since 1970, by its name.
    pub fn expiries(&self) -> impl Iterator<Item = (&str, i64)> {
        self.by_name.iter().map(|(name, identity)| (name.as_str(), identity.expires_at().as_second()))
    }

    /// Whether time alone has changed which certificate is the better one.
    #[must_use]
    pub fn is_to_be_judged_again(&self, now: Timestamp) -> bool {
        self.again_at.is_some_and(|again| again <= now)
    }
}
