//! Which certificate a client gets: one of its server name and a signature it takes, or else the built-in one.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::identity::Identity;
use super::names::{CertificateNames, parent};

/// The certificates in force. Those of the user's own go before the built-in one, which stands for the same hosts; an
/// exact name goes before a wildcard, and a curve before RSA.
#[derive(Debug)]
pub struct Certificates {
    built_in: Arc<Identity>,
    exact: HashMap<Box<str>, Vec<Arc<Identity>>>,
    below: HashMap<Box<str>, Vec<Arc<Identity>>>,
}

impl Certificates {
    /// The built-in certificate, and those of the user's own in the order in which they were named.
    #[must_use]
    pub fn new(built_in: Arc<Identity>, mut own: Vec<Arc<Identity>>) -> Self {
        own.sort_by_key(|identity| identity.is_rsa());
        let (mut exact, mut below) = (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
        for identity in &own {
            for name in identity.names().exact() {
                exact.entry(name.into()).or_default().push(Arc::clone(identity));
            }
            for name in identity.names().below() {
                below.entry(name.into()).or_default().push(Arc::clone(identity));
            }
        }
        Self { built_in, exact, below }
    }

    /// The hosts of the certificate that a client of that server name gets.
    #[must_use]
    pub fn names_for(&self, server_name: Option<&str>) -> &Arc<CertificateNames> {
        self.pick(server_name, |_| true).names()
    }

    fn pick(&self, server_name: Option<&str>, is_usable: impl Fn(&Identity) -> bool) -> &Arc<Identity> {
        let name = server_name.map(lower).unwrap_or_default();
        let exact = self.exact.get(&*name).into_iter().flatten();
        let below = parent(&name).and_then(|parent| self.below.get(parent)).into_iter().flatten();
        exact.chain(below).find(|identity| is_usable(identity)).unwrap_or(&self.built_in)
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // Schemes that no common cipher suite could use are already left out of them.
        let schemes = hello.signature_schemes();
        Some(Arc::clone(self.pick(hello.server_name(), |identity| identity.can_sign(schemes)).certified()))
    }
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}
