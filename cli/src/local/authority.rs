//! A certificate authority of this machine, and the certificates it issues.

use anyhow::Context;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use time::{Duration, OffsetDateTime};

use super::state::StateDir;

/// The authority's certificate, which clients trust.
pub const CA_FILE: &str = "ca.pem";
const CA_KEY_FILE: &str = "ca.key";

/// How long the authority lasts: nobody wants to trust a new one often on a laptop.
const CA_LIFETIME: Duration = Duration::days(825);
/// A certificate is made at each start; browsers accept up to 398 days.
const LEAF_LIFETIME: Duration = Duration::days(90);
/// An authority that ends sooner is replaced.
const CA_RENEWAL: Duration = Duration::days(100);
/// Clocks of two machines differ.
const SKEW: Duration = Duration::hours(1);

/// The authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, PEM.
pub struct Issued {
    /// The chain, leaf first.
    pub certificate: String,
    /// The private key.
    pub key: String,
}

impl Authority {
    /// The authority that the folder keeps; a new one where there is none or it ends soon.
    ///
    /// # Errors
    /// When the folder cannot be read or written.
    pub fn open(state: &StateDir, now: OffsetDateTime) -> anyhow::Result<Self> {
        if let (Some(certificate), Some(key)) = (state.read(CA_FILE)?, state.read(CA_KEY_FILE)?)
            && let Some(authority) = Self::kept(&certificate, &key, now)
        {
            return Ok(authority);
        }
        let key = KeyPair::generate()?;
        let params = ca_params(now);
        let certificate = params.self_signed(&key)?.pem();
        state.write(CA_KEY_FILE, key.serialize_pem().as_bytes())?;
        state.write(CA_FILE, certificate.as_bytes())?;
        Ok(Self { issuer: Issuer::new(params, key) })
    }

    /// A certificate for this machine and these names.
    ///
    /// # Errors
    /// When a name is none.
    pub fn issue(&self, names: &[String], now: OffsetDateTime) -> anyhow::Result<Issued> {
        let mut all = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
        all.extend(names.iter().cloned());
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(all).context("spec.expose.hostnames: a name is no DNS name")?;
        params.distinguished_name.push(DnType::CommonName, "localhost");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        (params.not_before, params.not_after) = (now - SKEW, now + LEAF_LIFETIME);
        let certificate = params.signed_by(&key, &self.issuer)?.pem();
        Ok(Issued { certificate, key: key.serialize_pem() })
    }

    fn kept(certificate: &[u8], key: &[u8], now: OffsetDateTime) -> Option<Self> {
        let (_, pem) = x509_parser::pem::parse_x509_pem(certificate).ok()?;
        let ends = pem.parse_x509().ok()?.validity().not_after.timestamp();
        if ends < (now + CA_RENEWAL).unix_timestamp() {
            return None;
        }
        let key = KeyPair::from_pem(std::str::from_utf8(key).ok()?).ok()?;
        let issuer = Issuer::from_ca_cert_pem(std::str::from_utf8(certificate).ok()?, key).ok()?;
        Some(Self { issuer })
    }
}

fn ca_params(now: OffsetDateTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "shipshape local CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (params.not_before, params.not_after) = (now - SKEW, now + CA_LIFETIME);
    params
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> (tempfile::TempDir, StateDir) {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::open(folder.path().to_owned()).unwrap();
        (folder, state)
    }

    #[test]
    fn the_authority_stays_until_it_ends_soon() {
        let (_folder, state) = state();
        let now = OffsetDateTime::now_utc();
        Authority::open(&state, now).unwrap();
        let first = state.read(CA_FILE).unwrap();
        Authority::open(&state, now + Duration::days(700)).unwrap();
        assert_eq!(state.read(CA_FILE).unwrap(), first);
        Authority::open(&state, now + Duration::days(800)).unwrap();
        assert_ne!(state.read(CA_FILE).unwrap(), first);
    }

    #[test]
    fn a_certificate_is_signed_by_the_authority_that_was_kept() {
        let (_folder, state) = state();
        let now = OffsetDateTime::now_utc();
        Authority::open(&state, now).unwrap();
        let issued = Authority::open(&state, now).unwrap().issue(&["api.shop.example".into()], now).unwrap();
        let ca = state.read(CA_FILE).unwrap().unwrap();
        let (_, ca) = x509_parser::pem::parse_x509_pem(&ca).unwrap();
        let (_, leaf) = x509_parser::pem::parse_x509_pem(issued.certificate.as_bytes()).unwrap();
        let (ca, leaf) = (ca.parse_x509().unwrap(), leaf.parse_x509().unwrap());
        leaf.verify_signature(Some(ca.public_key())).unwrap();
        let names = format!("{:?}", leaf.subject_alternative_name().unwrap().unwrap().value);
        assert!(names.contains("localhost") && names.contains("api.shop.example"), "{names}");
    }
}
