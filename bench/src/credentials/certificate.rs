//! A certificate for 127.0.0.1, and the TLS of clients.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use anyhow::Result;
use rcgen::{CertificateParams, DnType, KeyPair, SanType};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme, version};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

/// Tickets that a client keeps of one proxy: 8 connections at a time never run out of them.
const TICKETS: usize = 256;

/// An ECDSA P-256 certificate.
pub struct Certificate {
    /// The certificate, PEM.
    pub pem: String,
    /// Its private key, PEM.
    pub key: String,
    der: CertificateDer<'static>,
}

/// Which protocol a client asks for (RFC 7301).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alpn {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
}

/// Whether a client shortens handshakes by tickets of earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resumption {
    /// Every handshake is a full one.
    Off,
    /// Tickets are used, each once.
    Tickets,
}

impl Certificate {
    /// Makes one, signed by itself.
    ///
    /// # Errors
    /// When the crypto library refuses.
    pub fn make() -> Result<Self> {
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name.push(DnType::CommonName, "shipshape-bench");
        parameters.subject_alt_names.push(SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        let certificate = parameters.self_signed(&key)?;
        Ok(Self { pem: certificate.pem(), key: key.serialize_pem(), der: certificate.der().clone() })
    }

    /// TLS of a client that checks the certificate.
    ///
    /// # Errors
    /// When the crypto library refuses.
    pub fn checked(&self, alpn: Alpn) -> Result<Arc<ClientConfig>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone())?;
        let builder = ClientConfig::builder_with_provider(provider()).with_protocol_versions(&[&version::TLS13])?;
        Ok(finished(builder.with_root_certificates(roots).with_no_client_auth(), alpn, Resumption::Off))
    }

    /// TLS of the load: the answers' origin was checked before, and what a client spends on a signature would leave
    /// the proxy waiting. Each call has tickets of its own: a ticket of another proxy is worth nothing.
    ///
    /// # Errors
    /// When the crypto library refuses.
    pub fn unchecked(&self, alpn: Alpn, resumption: Resumption) -> Result<Arc<ClientConfig>> {
        let provider = provider();
        let verifier = Arc::new(Anybody(Arc::clone(&provider)));
        let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&version::TLS13])?;
        let config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
        Ok(finished(config, alpn, resumption))
    }
}

/// X25519 alone: the same key exchange with every proxy.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider { kx_groups: vec![aws_lc_rs::kx_group::X25519], ..aws_lc_rs::default_provider() })
}

fn finished(mut config: ClientConfig, alpn: Alpn, resumption: Resumption) -> Arc<ClientConfig> {
    config.alpn_protocols = vec![if alpn == Alpn::Http1 { b"http/1.1".to_vec() } else { b"h2".to_vec() }];
    config.resumption = match resumption {
        Resumption::Off => rustls::client::Resumption::disabled(),
        Resumption::Tickets => rustls::client::Resumption::in_memory_sessions(TICKETS),
    };
    Arc::new(config)
}

/// Believes everybody.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
