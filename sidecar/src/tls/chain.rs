//! The order of a chain: the leaf, then each certificate before the one that issued it (RFC 8446 section 4.4.2).

use std::sync::Arc;

use rustls::sign::{CertifiedKey, SigningKey};
use rustls_pki_types::CertificateDer;

use super::error::TlsError;

/// The key's own certificate first, then its issuers as far as they are there; others are left out.
pub(super) fn ordered(
    mut rest: Vec<CertificateDer<'static>>,
    key: &Arc<dyn SigningKey>,
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let belongs = |certificate: &CertificateDer<'static>| {
        CertifiedKey::new(vec![certificate.clone()], Arc::clone(key)).keys_match().is_ok()
    };
    let leaf = rest.iter().position(belongs).ok_or(TlsError::Mismatch)?;
    let mut chain = vec![rest.remove(leaf)];
    while let Some(next) = chain.last().map(issuer_name).transpose()?.flatten() {
        let Some(at) = rest.iter().position(|one| subject_name(one).is_ok_and(|subject| subject == next)) else {
            break;
        };
        chain.push(rest.remove(at));
    }
    Ok(chain)
}

/// Who issued it; nobody else where it issued itself.
fn issuer_name(certificate: &CertificateDer<'static>) -> Result<Option<Vec<u8>>, TlsError> {
    let (_, read) = x509_parser::parse_x509_certificate(certificate).map_err(|_| TlsError::X509)?;
    let (issuer, subject) = (read.issuer().as_raw(), read.subject().as_raw());
    Ok((issuer != subject).then(|| issuer.to_vec()))
}

fn subject_name(certificate: &CertificateDer<'static>) -> Result<Vec<u8>, TlsError> {
    let (_, read) = x509_parser::parse_x509_certificate(certificate).map_err(|_| TlsError::X509)?;
    Ok(read.subject().as_raw().to_vec())
}
