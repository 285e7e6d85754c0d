//! A CA of the moment: a root, an intermediate, and leaves as tests want them.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, PKCS_ECDSA_P256_SHA256,
    PKCS_RSA_SHA256,
};
use rustls_pki_types::CertificateDer;

/// The kind of a leaf's key.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Ecdsa,
    Rsa,
}

/// A root and an intermediate.
pub(crate) struct Authority {
    root: CertifiedIssuer<'static, KeyPair>,
    intermediate: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let named = |name: &str| {
            let mut params = CertificateParams::default();
            // A name of its own: two authorities of one test are strangers.
            let serial = format!("{name} {}", fastrand::u64(..));
            params.distinguished_name.push(DnType::CommonName, serial);
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params
        };
        let root = CertifiedIssuer::self_signed(named("root"), KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let intermediate = CertifiedIssuer::signed_by(named("intermediate"), key, &root).unwrap();
        Self { root, intermediate }
    }

    pub(crate) fn root_pem(&self) -> String {
        self.root.pem()
    }

    pub(crate) fn root_der(&self) -> CertificateDer<'static> {
        self.root.der().clone()
    }

    pub(crate) fn intermediate_pem(&self) -> String {
        self.intermediate.pem()
    }

    /// A leaf for these names and its key, both PEM.
    pub(crate) fn issue(&self, names: &[&str], kind: Kind) -> (String, String) {
        let key = match kind {
            Kind::Ecdsa => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
            Kind::Rsa => KeyPair::generate_for(&PKCS_RSA_SHA256),
        };
        self.sign(names, key.unwrap(), |_| ())
    }

    /// A leaf that is valid between two moments.
    pub(crate) fn issue_between(&self, names: &[&str], from: &str, to: &str) -> (String, String) {
        let moment = |text: &str| {
            let time: jiff::Timestamp = text.parse().unwrap();
            let date = time.to_zoned(jiff::tz::TimeZone::UTC);
            rcgen::date_time_ymd(i32::from(date.year()), date.month().cast_unsigned(), date.day().cast_unsigned())
                + std::time::Duration::from_secs(3600 * u64::from(date.hour().cast_unsigned()))
        };
        self.sign(names, KeyPair::generate().unwrap(), |params| {
            (params.not_before, params.not_after) = (moment(from), moment(to));
        })
    }

    fn sign(&self, names: &[&str], key: KeyPair, change: impl FnOnce(&mut CertificateParams)) -> (String, String) {
        let mut params =
            CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
        params.distinguished_name.push(DnType::CommonName, "leaf");
        change(&mut params);
        (params.signed_by(&key, &self.intermediate).unwrap().pem(), key.serialize_pem())
    }
}
