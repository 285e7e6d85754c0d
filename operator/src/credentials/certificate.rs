//! What a certificate says of itself, and who signed it.

use jiff::Timestamp;
use x509_parser::extensions::GeneralName;
use x509_parser::pem::Pem;
use x509_parser::prelude::X509Certificate;

/// What a certificate says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The certificate, PEM.
    pub pem: String,
    /// When it begins to hold.
    pub not_before: Timestamp,
    /// When it ends.
    pub not_after: Timestamp,
    /// The DNS names it is for, sorted.
    pub names: Vec<String>,
    /// The bits of its public key.
    pub public_key: Vec<u8>,
}

impl Certificate {
    /// Reads the first certificate of a PEM text; `None` where there is none.
    #[must_use]
    pub fn read(pem: &str) -> Option<Self> {
        let block = Pem::iter_from_buffer(pem.as_bytes()).next()?.ok()?;
        let parsed = block.parse_x509().ok()?;
        let validity = parsed.validity();
        Some(Self {
            pem: pem.to_owned(),
            not_before: Timestamp::from_second(validity.not_before.timestamp()).ok()?,
            not_after: Timestamp::from_second(validity.not_after.timestamp()).ok()?,
            names: dns_names(&parsed),
            public_key: parsed.public_key().subject_public_key.data.to_vec(),
        })
    }

    /// Whether `issuer` signed this certificate.
    #[must_use]
    pub fn is_signed_by(&self, issuer: &Self) -> bool {
        let signed = || -> Option<bool> {
            let (block, issuer) = (first_block(&self.pem)?, first_block(&issuer.pem)?);
            let (parsed, issuer) = (block.parse_x509().ok()?, issuer.parse_x509().ok()?);
            Some(parsed.issuer() == issuer.subject() && parsed.verify_signature(Some(issuer.public_key())).is_ok())
        };
        signed().unwrap_or(false)
    }
}

/// Each certificate of a PEM text on its own.
#[must_use]
pub fn split(pem: &str) -> Vec<String> {
    const END: &str = "-----END CERTIFICATE-----";
    pem.split_inclusive(END)
        .filter(|block| block.ends_with(END))
        .map(|block| format!("{}\n", block.trim_start()))
        .collect()
}

fn first_block(pem: &str) -> Option<Pem> {
    Pem::iter_from_buffer(pem.as_bytes()).next()?.ok()
}

fn dns_names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return Vec::new() };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        _ => None,
    };
    let mut names: Vec<String> = extension.value.general_names.iter().filter_map(name).collect();
    names.sort();
    names
}
