//! What clients and proxies share: a certificate, and API keys with their records.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use anyhow::{Context, Result};
use rcgen::{CertificateParams, DnType, KeyPair, SanType};
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore, version};
use rustls_pki_types::CertificateDer;
use shipshape_crds::api_keys::{KeyParts, KeyRecord, KeyShard, KeyText, Peppers};

/// The field that carries a key.
pub const KEY_FIELD: &str = "X-API-Key";
/// Keys that requests take turns with, so that no single entry stays in the CPU's nearest cache.
const KEYS: u8 = 50;
/// The pepper's id.
const PEPPER: &str = "bench";

/// A certificate and keys, valid for this run only.
pub struct Credentials {
    /// The certificate, PEM.
    pub certificate: String,
    /// Its private key, PEM.
    pub certificate_key: String,
    /// What clients need to trust it.
    pub client: Arc<ClientConfig>,
    /// The keys.
    pub keys: Vec<KeyText>,
    /// Their records.
    pub shard: KeyShard,
    /// The pepper of the records.
    pub peppers: Peppers,
}

impl Credentials {
    /// An ECDSA P-256 certificate for 127.0.0.1, and keys. The keys follow from a counter: they guard nothing.
    ///
    /// # Errors
    /// When the crypto library refuses.
    pub fn make() -> Result<Self> {
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name.push(DnType::CommonName, "shipshape-bench");
        parameters.subject_alt_names.push(SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        let certificate = parameters.self_signed(&key)?;
        let mut peppers = Peppers::default();
        peppers.insert(PEPPER, &[7; 32]);
        let keys: Vec<KeyText> =
            (0..KEYS).map(|number| KeyText::new(&format!("bench{number}"), [number; 32])).collect();
        let records = keys.iter().map(|key| record(key, &peppers)).collect::<Option<Vec<_>>>();
        Ok(Self {
            client: client(certificate.der())?,
            certificate: certificate.pem(),
            certificate_key: key.serialize_pem(),
            keys,
            shard: KeyShard { keys: records.context("a key that was just made cannot be read")? },
            peppers,
        })
    }
}

fn record(key: &KeyText, peppers: &Peppers) -> Option<KeyRecord> {
    let parts = KeyParts::parse(key.reveal())?;
    Some(KeyRecord {
        id: parts.id.to_owned(),
        hash: peppers.get(PEPPER)?.hash(parts),
        pepper: PEPPER.to_owned(),
        name: parts.id.to_owned(),
        owner: Some("bench".to_owned()),
        scopes: Vec::new(),
        expires_at: None,
    })
}

/// TLS 1.3 with X25519 and no resumption: the same handshake with every proxy.
fn client(certificate: &CertificateDer<'static>) -> Result<Arc<ClientConfig>> {
    let mut provider = aws_lc_rs::default_provider();
    provider.kx_groups = vec![aws_lc_rs::kx_group::X25519];
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone())?;
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&version::TLS13])?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.resumption = rustls::client::Resumption::disabled();
    Ok(Arc::new(config))
}
