//! Profile and oldest version agree, and certificates are named as Secrets are.

use std::collections::BTreeSet;

use super::finding::Finding;
use super::subject::Subject;
use crate::policy::{CertificateRef, Tls, TlsProfile, TlsVersion};

/// More would make every handshake's memory and every reload longer for nothing.
const MAX_CERTIFICATES: usize = 8;
const LONGEST_NAME: usize = 253;

pub(super) fn judge(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let Some(Tls { profile, min_version, certificate_refs, redirect: _, hsts: _ }) = &subject.policy.tls else {
        return;
    };
    if (*profile, *min_version) == (Some(TlsProfile::Modern), Some(TlsVersion::V1_2)) {
        let message = "profile Modern accepts TLS 1.3 only: leave minVersion out, or write \"profile: Intermediate\"";
        findings.push(Finding::error("tls-profile", "spec.policy.tls.minVersion", message));
    }
    judge_certificates(certificate_refs, findings);
}

fn judge_certificates(refs: &[CertificateRef], findings: &mut Vec<Finding>) {
    const FIELD: &str = "spec.policy.tls.certificateRefs";
    if refs.len() > MAX_CERTIFICATES {
        let message = format!("{} certificates are too many: write at most {MAX_CERTIFICATES}", refs.len());
        findings.push(Finding::error("certificate-ref", FIELD, message));
    }
    let mut names = BTreeSet::new();
    for CertificateRef { name } in refs {
        if !is_secret_name(name) {
            let message = format!("\"{name}\" is no name of a Secret: write lower-case letters, digits, - and .");
            findings.push(Finding::error("certificate-ref", FIELD, message));
        } else if !names.insert(name) {
            let message = format!("\"{name}\" stands here twice: once is enough");
            findings.push(Finding::error("certificate-ref", FIELD, message));
        }
    }
}

/// A DNS subdomain (RFC 1123), as the API server asks of names of Secrets.
fn is_secret_name(name: &str) -> bool {
    let is_label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    name.len() <= LONGEST_NAME && name.split('.').all(is_label)
}
