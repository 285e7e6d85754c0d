//! A root of the built-in CA.

use jiff::Timestamp;
use rcgen::SerialNumber;
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use time::OffsetDateTime;

use super::certificate::Certificate;
use super::error::CredentialError;
use super::moments::{after, backdated};
use super::private_key::PrivateKey;
use crate::settings::Lifetimes;

/// A root that can sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// Its certificate.
    pub trusted: TrustedRoot,
    /// Its key.
    pub key: PrivateKey,
}

/// A root that is trusted, without its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedRoot {
    /// Its certificate.
    pub certificate: Certificate,
}

impl Root {
    /// A new root, valid from now on. The random bytes are its serial number.
    ///
    /// # Errors
    /// When the library cannot make the key or the certificate, or the clock is absurd.
    pub fn generate(now: Timestamp, random: [u8; 16], lifetimes: &Lifetimes) -> Result<Self, CredentialError> {
        let subject = format!("Shipshape root {}", serial_text(random));
        let key = PrivateKey::generate(&subject)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = common_name(&subject);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.serial_number = Some(serial(random));
        params.not_before = moment(backdated(now))?;
        params.not_after = moment(after(now, lifetimes.root))?;
        let made = params
            .self_signed(&key.pair(&subject)?)
            .map_err(|source| CredentialError::Made { subject: subject.clone(), source })?;
        Self::read(&made.pem(), key.reveal(), &subject)
    }

    /// A root that was stored; `part` names where.
    ///
    /// # Errors
    /// When the certificate or the key is damaged, or they do not belong together.
    pub fn read(certificate: &str, key: &str, part: &str) -> Result<Self, CredentialError> {
        let trusted = TrustedRoot::read(certificate, part)?;
        let key = PrivateKey::from_pem(key)
            .ok_or_else(|| CredentialError::authority(part, "has no private key in PEM beside it"))?;
        if !key.fits(&trusted.certificate.public_key) {
            return Err(CredentialError::authority(part, "belongs to another private key than the one beside it"));
        }
        Ok(Self { trusted, key })
    }

    /// What signs with this root.
    ///
    /// # Errors
    /// When the stored certificate cannot be used for signing.
    pub fn issuer(&self) -> Result<Issuer<'static, KeyPair>, CredentialError> {
        let subject = "the CA";
        Issuer::from_ca_cert_pem(&self.trusted.certificate.pem, self.key.pair(subject)?)
            .map_err(|source| CredentialError::Made { subject: subject.to_owned(), source })
    }
}

impl TrustedRoot {
    /// A trusted root that was stored; `part` names where.
    ///
    /// # Errors
    /// When it is no certificate.
    pub fn read(certificate: &str, part: &str) -> Result<Self, CredentialError> {
        let certificate = Certificate::read(certificate)
            .ok_or_else(|| CredentialError::authority(part, "is no certificate in PEM"))?;
        Ok(Self { certificate })
    }

    /// Whether it holds at that moment.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.certificate.not_after
    }
}

/// A subject of one common name.
#[must_use]
pub fn common_name(name: &str) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    subject
}

/// A positive serial number (RFC 5280 section 4.1.2.2) of at least 2^126.
#[must_use]
pub fn serial(mut random: [u8; 16]) -> SerialNumber {
    if let Some(first) = random.first_mut() {
        *first = *first & 0x7f | 0x40;
    }
    SerialNumber::from_slice(&random)
}

/// A moment as certificates write it.
///
/// # Errors
/// When it lies outside of what a certificate can say.
pub fn moment(at: Timestamp) -> Result<OffsetDateTime, CredentialError> {
    let seconds = at.as_second();
    OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| CredentialError::Clock { seconds })
}

fn serial_text(random: [u8; 16]) -> String {
    random.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
