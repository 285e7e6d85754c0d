//! A certificate of the user's own, as its Secret holds it, and what is wrong with it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;

use super::certificate::{Certificate, split};
use super::private_key::PrivateKey;

/// The type that `kubectl create secret tls` and cert-manager write, and that is watched.
const TYPE: &str = "kubernetes.io/tls";
const CERTIFICATE: &str = "tls.crt";
const KEY: &str = "tls.key";

/// A certificate of the user's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnCertificate {
    /// The Secret's name.
    pub secret: String,
    /// What it holds; or what is wrong with it, and what to do.
    pub pair: Result<OwnPair, String>,
}

/// A chain and its key, which belong together.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnPair {
    /// The chain, exactly as it will be mounted.
    pub chain: Vec<u8>,
    /// The key, exactly as it will be mounted.
    pub key: Vec<u8>,
    /// The leaf's DNS names.
    pub names: Vec<String>,
    /// When the leaf begins to hold.
    pub not_before: Timestamp,
    /// When the leaf ends.
    pub not_after: Timestamp,
}

impl std::fmt::Debug for OwnPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OwnPair").field("names", &self.names).finish_non_exhaustive()
    }
}

impl OwnCertificate {
    /// What a Secret of that name holds; `None` where it is not there.
    #[must_use]
    pub fn read(name: &str, secret: Option<Secret>) -> Self {
        let create = format!("kubectl create secret tls {name} --cert=FILE --key=FILE");
        let pair = match secret {
            None => Err(format!("is missing: create it with {create}")),
            Some(Secret { type_, .. }) if type_.as_deref() != Some(TYPE) => {
                let found = type_.unwrap_or_else(|| "Opaque".to_owned());
                Err(format!("is of type {found}, not {TYPE}: delete it, and create it with {create}"))
            }
            Some(secret) => {
                let data = secret.data.unwrap_or_default();
                pair(data.into_iter().map(|(key, bytes)| (key, bytes.0)).collect())
            }
        };
        Self { secret: name.to_owned(), pair }
    }

    /// What is wrong with it at that moment, and what to do; `None` where nothing is. It has to stand for one of the
    /// hosts that are served; for any where none is named.
    #[must_use]
    pub fn trouble(&self, now: Timestamp, hosts: &[String]) -> Option<String> {
        let Self { secret, pair } = self;
        let problem = match pair {
            Err(problem) => problem.clone(),
            Ok(pair) if pair.not_after <= now => format!("has ended at {}: renew it", pair.not_after),
            Ok(pair) if pair.not_before > now => format!("is not valid before {}", pair.not_before),
            Ok(pair) if pair.names.is_empty() => {
                "names no host (as a subject alternative name), so nobody gets it: issue one for your host".to_owned()
            }
            Ok(pair) if !hosts.is_empty() && !pair.stands_for_one_of(hosts) => format!(
                "stands for {}, and none of it is served: issue one for a host of spec.expose.hostnames, or add its host there",
                pair.names.join(", ")
            ),
            Ok(_) => return None,
        };
        Some(format!("Secret \"{secret}\" {problem}"))
    }
}

impl OwnPair {
    /// A star stands for one label (RFC 9525 section 6.3), in a certificate; a served host with a star is any below it.
    fn stands_for_one_of(&self, hosts: &[String]) -> bool {
        let parent = |name: &str| name.split_once('.').map(|(_, parent)| parent.to_owned());
        let meets = |name: &String, host: &String| {
            let (name, host) = (name.to_ascii_lowercase(), host.to_ascii_lowercase());
            let is_below = host.strip_prefix('*').is_some_and(|suffix| name.ends_with(suffix));
            name == host || is_below || (name.starts_with("*.") && parent(&name) == parent(&host))
        };
        self.names.iter().any(|name| hosts.iter().any(|host| meets(name, host)))
    }
}

fn pair(mut data: BTreeMap<String, Vec<u8>>) -> Result<OwnPair, String> {
    let mut part = |name: &str| data.remove(name).ok_or_else(|| format!("has no {name}: add it"));
    let (chain, key) = (part(CERTIFICATE)?, part(KEY)?);
    let read = PrivateKey::from_pem(&plain(&key)).ok_or_else(|| wrong_key(&key))?;
    // Sidecars put a chain in order; whichever of it has the key is the leaf.
    let certificates: Vec<_> = split(&plain(&chain)).iter().filter_map(|pem| Certificate::read(pem)).collect();
    if certificates.is_empty() {
        return Err(format!("holds no certificate in PEM: write the chain into {CERTIFICATE}, leaf first"));
    }
    let leaf = certificates.into_iter().find(|one| read.fits(&one.public_key));
    let Certificate { not_before, not_after, names, pem: _, public_key: _ } =
        leaf.ok_or_else(|| format!("holds a {KEY} that belongs to no certificate of its {CERTIFICATE}"))?;
    Ok(OwnPair { chain, key, names, not_before, not_after })
}

fn wrong_key(key: &[u8]) -> String {
    if plain(key).contains("ENCRYPTED") {
        format!("holds an encrypted key, and nobody can type its passphrase: write what openssl pkey -in {KEY} prints")
    } else {
        format!("holds no private key in PEM: write it into {KEY}")
    }
}

/// Without what editors add: sidecars read such files as well.
fn plain(file: &[u8]) -> String {
    String::from_utf8_lossy(file).trim_start_matches('\u{feff}').replace("\r\n", "\n")
}

#[cfg(test)]
mod tests {
    use k8s_openapi::ByteString;

    use super::*;

    fn made() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(vec!["a.example".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    fn secret(kind: &str, data: &[(&str, &str)]) -> Secret {
        let bytes = |(key, text): &(&str, &str)| ((*key).to_owned(), ByteString(text.as_bytes().to_vec()));
        Secret { type_: Some(kind.to_owned()), data: Some(data.iter().map(bytes).collect()), ..Secret::default() }
    }

    fn trouble(secret: Option<Secret>) -> Option<String> {
        OwnCertificate::read("shop-tls", secret).trouble("2026-11-21T00:00:00Z".parse().unwrap(), &[])
    }

    #[test]
    fn a_good_pair_is_taken_as_it_is() {
        let ((chain, key), (stranger, _)) = (made(), made());
        let mixed = format!("\u{feff}{stranger}{}", chain.replace('\n', "\r\n"));
        for chain in [&chain, &mixed] {
            let own = OwnCertificate::read("a", Some(secret(TYPE, &[("tls.crt", chain), ("tls.key", &key)])));
            assert_eq!(own.trouble("2026-11-21T00:00:00Z".parse().unwrap(), &[]), None);
            let pair = own.pair.unwrap();
            assert_eq!((pair.chain.as_slice(), pair.names), (chain.as_bytes(), vec!["a.example".to_owned()]));
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_what_to_do() {
        let ((chain, key), (_, other)) = (made(), made());
        let told = |data: &[(&str, &str)]| trouble(Some(secret(TYPE, data))).unwrap();
        assert!(trouble(None).unwrap().starts_with("Secret \"shop-tls\" is missing: create it with kubectl"));
        let opaque = secret("Opaque", &[("tls.crt", &chain), ("tls.key", &key)]);
        assert!(trouble(Some(opaque)).unwrap().contains("is of type Opaque, not kubernetes.io/tls"));
        assert!(told(&[("tls.crt", &chain)]).contains("has no tls.key"));
        assert!(told(&[("tls.crt", "x"), ("tls.key", &key)]).contains("holds no certificate"));
        assert!(told(&[("tls.crt", &chain), ("tls.key", "x")]).contains("holds no private key"));
        assert!(told(&[("tls.crt", &chain), ("tls.key", &other)]).contains("belongs to no certificate"));
        let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n";
        assert!(told(&[("tls.crt", &chain), ("tls.key", encrypted)]).contains("openssl pkey"));
    }

    #[test]
    fn a_certificate_for_other_hosts_is_told() {
        let stands = |names: &[&str], host: &str| {
            let made = rcgen::generate_simple_self_signed(names.iter().map(ToString::to_string).collect::<Vec<_>>());
            let made = made.unwrap();
            let (chain, key) = (made.cert.pem(), made.signing_key.serialize_pem());
            let own = OwnCertificate::read("a", Some(secret(TYPE, &[("tls.crt", &chain), ("tls.key", &key)])));
            own.trouble("2026-11-21T00:00:00Z".parse().unwrap(), &[host.to_owned()]).is_none()
        };
        assert!(stands(&["x.example", "api.shop.example"], "API.shop.example"));
        assert!(stands(&["*.shop.example"], "api.shop.example") && stands(&["*.shop.example"], "*.shop.example"));
        assert!(stands(&["a.b.shop.example"], "*.shop.example"));
        assert!(!stands(&["*.shop.example"], "a.b.shop.example") && !stands(&["*.shop.example"], "shop.example"));
        assert!(!stands(&["shop.example"], "*.shop.example") && !stands(&["api.example"], "shop.example"));
    }

    #[test]
    fn its_time_is_watched_and_its_key_never_shown() {
        let (chain, key) = made();
        let own = OwnCertificate::read("a", Some(secret(TYPE, &[("tls.crt", &chain), ("tls.key", &key)])));
        assert!(!format!("{own:?}").contains("PRIVATE"));
        let told = |now: &str| own.trouble(now.parse().unwrap(), &[]).unwrap();
        assert!(told("1960-01-01T00:00:00Z").contains("is not valid before"));
        assert!(told("5000-01-01T00:00:00Z").contains("has ended"));
    }
}
