//! The DNS names that a certificate stands for, and whether a host is one of them (RFC 9525 section 6.3).

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;

/// The DNS names of a certificate, in lower case. A common name is none (RFC 9525 section 2).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CertificateNames {
    exact: Vec<Box<str>>,
    /// What stands behind `*.`.
    below: Vec<Box<str>>,
}

impl CertificateNames {
    /// The names of a certificate.
    #[must_use]
    pub fn of(certificate: &X509Certificate<'_>) -> Self {
        let alternatives = certificate.subject_alternative_name().ok().flatten();
        let all = alternatives.iter().flat_map(|extension| &extension.value.general_names);
        Self::new(all.filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(*name),
            _ => None,
        }))
    }

    /// These names, `*.` in front meaning any one label.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all = Self::default();
        for name in names {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            match name.strip_prefix("*.") {
                Some(parent) => all.below.push(parent.into()),
                // A star elsewhere means nothing.
                None if name.contains('*') => {}
                None => all.exact.push(name.into()),
            }
        }
        all
    }

    /// Whether the certificate is valid for that host, in whatever case and with or without a final dot.
    #[must_use]
    pub fn covers(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.');
        let is = |name: &str, host: &str| name.eq_ignore_ascii_case(host);
        self.exact.iter().any(|name| is(name, host))
            || parent(host).is_some_and(|parent| self.below.iter().any(|name| is(name, parent)))
    }

    /// The names without a star.
    pub(super) fn exact(&self) -> impl Iterator<Item = &str> {
        self.exact.iter().map(AsRef::as_ref)
    }

    /// What stands behind each star.
    pub(super) fn below(&self) -> impl Iterator<Item = &str> {
        self.below.iter().map(AsRef::as_ref)
    }

    /// Whether it stands for no name at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.below.is_empty()
    }
}

/// What stands behind the first label: a star means exactly one.
pub(super) fn parent(host: &str) -> Option<&str> {
    host.split_once('.').filter(|(label, _)| !label.is_empty()).map(|(_, parent)| parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_means_exactly_one_label() {
        let names = CertificateNames::new(["Api.Shop.example", "*.shop.example", "a*.shop.example", "x.*.example"]);
        for host in ["api.shop.example", "API.shop.EXAMPLE.", "b.shop.example"] {
            assert!(names.covers(host), "{host}");
        }
        for host in ["shop.example", "a.b.shop.example", ".shop.example", "x.y.example", "", "a.shop.example.evil"] {
            assert!(!names.covers(host), "{host}");
        }
        assert!(CertificateNames::new(["a*.b"]).is_empty());
    }
}
