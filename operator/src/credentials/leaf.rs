//! A service's certificate: for which names, from which root, and when it is renewed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::ByteString;
use rcgen::string::Ia5String;
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyUsagePurpose, SanType};
use shipshape_crds::text::Hostname;

use super::authority::Authority;
use super::certificate::Certificate;
use super::error::CredentialError;
use super::moments::{after, backdated, two_thirds};
use super::private_key::PrivateKey;
use super::root::{common_name, moment, serial};
use crate::settings::Lifetimes;

/// The key of the certificate in a `kubernetes.io/tls` Secret.
const CERTIFICATE: &str = "tls.crt";
/// The key of the private key in a `kubernetes.io/tls` Secret.
const KEY: &str = "tls.key";

/// What a certificate is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafRequest {
    /// The subject's common name, at most 64 letters; for people only.
    pub subject: String,
    /// The DNS names.
    pub names: Vec<String>,
}

/// A service's certificate and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The certificate.
    pub certificate: Certificate,
    /// Its key.
    pub key: PrivateKey,
}

/// Why a certificate is renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenewalReason {
    /// Two thirds of its life have passed.
    Age,
    /// The service has other names now.
    Names,
    /// No root of the CA signed it.
    Issuer,
}

/// The DNS names of a service: those inside the cluster, and its host names.
#[must_use]
pub fn server_names(namespace: &str, name: &str, cluster_domain: &str, hostnames: &[Hostname]) -> Vec<String> {
    let inside = [
        name.to_owned(),
        format!("{name}.{namespace}"),
        format!("{name}.{namespace}.svc"),
        format!("{name}.{namespace}.svc.{cluster_domain}"),
    ];
    let mut names: Vec<String> = inside.into_iter().chain(hostnames.iter().map(ToString::to_string)).collect();
    names.sort();
    names.dedup();
    names
}

impl Leaf {
    /// A new certificate of the CA's active root, ECDSA P-256, for TLS servers only. It never outlives its root. The
    /// random bytes are its serial number.
    ///
    /// # Errors
    /// When the library cannot make it, or the clock is absurd.
    pub fn issue(
        request: &LeafRequest,
        authority: &Authority,
        now: Timestamp,
        random: [u8; 16],
        lifetimes: &Lifetimes,
    ) -> Result<Self, CredentialError> {
        let made = |source| CredentialError::Made { subject: request.subject.clone(), source };
        let root = &authority.active;
        let mut params = CertificateParams::default();
        params.distinguished_name = common_name(&request.subject);
        params.subject_alt_names = dns_names(&request.names).map_err(made)?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        params.serial_number = Some(serial(random));
        params.not_before = moment(backdated(now))?;
        params.not_after = moment(after(now, lifetimes.leaf).min(root.trusted.certificate.not_after))?;
        let key = PrivateKey::generate(&request.subject)?;
        let signed = params.signed_by(&key.pair(&request.subject)?, &root.issuer()?).map_err(made)?;
        Self::read(&signed.pem(), key.reveal())
    }

    /// A certificate that was stored.
    ///
    /// # Errors
    /// When the certificate or the key is damaged, or they do not belong together.
    pub fn read(certificate: &str, key: &str) -> Result<Self, CredentialError> {
        let certificate = Certificate::read(certificate)
            .ok_or_else(|| CredentialError::leaf(CERTIFICATE, "is no certificate in PEM"))?;
        let key = PrivateKey::from_pem(key).ok_or_else(|| CredentialError::leaf(KEY, "is no private key in PEM"))?;
        if !key.fits(&certificate.public_key) {
            return Err(CredentialError::leaf(KEY, "does not belong to the certificate"));
        }
        Ok(Self { certificate, key })
    }

    /// Reads a certificate from the data of a `kubernetes.io/tls` Secret.
    ///
    /// # Errors
    /// When a part is missing or damaged.
    pub fn from_secret(data: &BTreeMap<String, ByteString>) -> Result<Self, CredentialError> {
        let text = |part: &str| {
            let bytes = data.get(part).ok_or_else(|| CredentialError::leaf(part, "is missing"))?;
            std::str::from_utf8(&bytes.0).map_err(|_| CredentialError::leaf(part, "is no text"))
        };
        Self::read(text(CERTIFICATE)?, text(KEY)?)
    }

    /// The data of a `kubernetes.io/tls` Secret.
    #[must_use]
    pub fn to_secret(&self) -> BTreeMap<String, ByteString> {
        let bytes = |text: &str| ByteString(text.as_bytes().to_vec());
        BTreeMap::from([
            (CERTIFICATE.to_owned(), bytes(&self.certificate.pem)),
            (KEY.to_owned(), bytes(self.key.reveal())),
        ])
    }

    /// Why this certificate has to be renewed at that moment; `None` where it is as it should be. A certificate of a
    /// root that signs no more, but is trusted, is left alone: it is renewed in its own time.
    #[must_use]
    pub fn renewal(&self, request: &LeafRequest, authority: &Authority, now: Timestamp) -> Option<RenewalReason> {
        let mut names = request.names.clone();
        names.sort();
        if self.certificate.names != names {
            Some(RenewalReason::Names)
        } else if !authority.trusted(now).any(|root| self.certificate.is_signed_by(&root.certificate)) {
            Some(RenewalReason::Issuer)
        } else {
            (now >= self.renews_at()).then_some(RenewalReason::Age)
        }
    }

    /// When two thirds of its life have passed.
    #[must_use]
    pub fn renews_at(&self) -> Timestamp {
        two_thirds(self.certificate.not_before, self.certificate.not_after)
    }
}

fn dns_names(names: &[String]) -> Result<Vec<SanType>, rcgen::Error> {
    names.iter().map(|name| Ok(SanType::DnsName(Ia5String::try_from(name.as_str())?))).collect()
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::super::root::Root;
    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T00:00:00Z".parse().unwrap()
    }

    fn authority(serial: u8) -> Authority {
        let active = Root::generate(now(), [serial; 16], &Lifetimes::default()).unwrap();
        Authority { active, next: None, previous: Vec::new() }
    }

    fn request(names: &[&str]) -> LeafRequest {
        LeafRequest { subject: "shop".into(), names: names.iter().map(ToString::to_string).collect() }
    }

    fn issue(request: &LeafRequest, authority: &Authority, at: Timestamp) -> Leaf {
        Leaf::issue(request, authority, at, [9; 16], &Lifetimes::default()).unwrap()
    }

    #[test]
    fn the_names_are_those_of_the_service_and_its_hosts() {
        let hosts = ["api.shop.example".parse().unwrap(), "*.shop.example".parse().unwrap(), "shop".parse().unwrap()];
        assert_eq!(
            server_names("store", "shop", "cluster.local", &hosts),
            [
                "*.shop.example",
                "api.shop.example",
                "shop",
                "shop.store",
                "shop.store.svc",
                "shop.store.svc.cluster.local"
            ]
        );
    }

    #[test]
    fn a_certificate_survives_its_secret_and_says_what_was_asked() {
        let asked = request(&["b.example", "a.example"]);
        let leaf = issue(&asked, &authority(1), now());
        assert_eq!(Leaf::from_secret(&leaf.to_secret()).unwrap(), leaf);
        assert_eq!(leaf.certificate.names, ["a.example", "b.example"]);
        assert_eq!(leaf.certificate.not_before, now() - 5.minutes());
        assert_eq!(leaf.certificate.not_after, now() + (30 * 24).hours());
        assert!(!format!("{leaf:?}").contains("PRIVATE"));
    }

    #[test]
    fn it_is_renewed_by_age_names_and_issuer() {
        let (asked, ca) = (request(&["a.example"]), authority(1));
        let leaf = issue(&asked, &ca, now());
        let renews = leaf.renews_at();
        let cases = [
            (&asked, &ca, now(), None),
            (&asked, &ca, renews - 1.second(), None),
            (&asked, &ca, renews, Some(RenewalReason::Age)),
            (&request(&["b.example"]), &ca, now(), Some(RenewalReason::Names)),
            (&request(&["a.example", "b.example"]), &ca, now(), Some(RenewalReason::Names)),
            (&asked, &authority(2), now(), Some(RenewalReason::Issuer)),
        ];
        for (asked, ca, at, expected) in cases {
            assert_eq!(leaf.renewal(asked, ca, at), expected, "{asked:?} at {at}");
        }
        assert!(renews > now() + (19 * 24).hours() && renews <= now() + (20 * 24).hours());
    }

    #[test]
    fn a_root_that_only_retired_renews_nothing() {
        let asked = request(&["a.example"]);
        let Authority { active: retired, .. } = authority(1);
        let leaf = issue(&asked, &Authority { active: retired.clone(), next: None, previous: Vec::new() }, now());
        let after = Authority { previous: vec![retired.trusted], ..authority(2) };
        assert_eq!(leaf.renewal(&asked, &after, now()), None);
        let ended = after.previous[0].certificate.not_after;
        assert_eq!(leaf.renewal(&asked, &after, ended), Some(RenewalReason::Issuer));
    }

    #[test]
    fn it_never_outlives_its_root() {
        let ca = authority(1);
        let end = ca.active.trusted.certificate.not_after;
        let leaf = issue(&request(&["a.example"]), &ca, end - (24 * 3).hours());
        assert_eq!(leaf.certificate.not_after, end);
    }

    #[test]
    fn damage_is_told() {
        let ca = authority(1);
        let (one, other) = (issue(&request(&["a"]), &ca, now()), issue(&request(&["a"]), &ca, now()));
        let told = |chain: &str, key: &str| Leaf::read(chain, key).unwrap_err().to_string();
        assert!(told(&one.certificate.pem, other.key.reveal()).starts_with("tls.key does not belong"));
        assert!(told("", one.key.reveal()).starts_with("tls.crt is no certificate"));
        assert!(told(&one.certificate.pem, "").starts_with("tls.key is no private key"));
        assert!(Leaf::from_secret(&BTreeMap::new()).unwrap_err().to_string().starts_with("tls.crt is missing"));
    }
}
