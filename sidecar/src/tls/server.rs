//! What handshakes are made with: versions, cipher suites, certificates, tickets, protocols.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::{ServerConfig, SupportedProtocolVersion, version};
use shipshape_crds::policy::TlsVersion;

use super::certificates::Certificates;
use super::error::TlsError;
use super::tickets::{Sessions, Tickets};

/// Tickets of TLS 1.3 per handshake: with one, clients that open several connections at once resume half of them.
const TICKETS: usize = 2;
/// No client is asked for a certificate.
const NO_CLIENT_CERTIFICATES: &[u8] = b"";

/// What a handshake needs. The library's suites are those of Mozilla's Intermediate profile (forward secrecy and
/// authenticated encryption only), in TLS 1.3 those of Modern; its key exchanges are X25519MLKEM768, X25519, P-256 and
/// P-384, of which the client's first choice is taken. Early data stays off: it could be played back.
///
/// # Errors
/// When the system has no randomness.
pub fn server_config(
    oldest: TlsVersion,
    certificates: Arc<Certificates>,
    tickets: &Tickets,
) -> Result<Arc<ServerConfig>, TlsError> {
    let both: &[&SupportedProtocolVersion] = &[&version::TLS13, &version::TLS12];
    let versions = if oldest == TlsVersion::V1_3 { &[&version::TLS13] } else { both };
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)?
        .with_no_client_auth()
        .with_cert_resolver(certificates);
    let Sessions { tickets, remembered } = tickets.under(NO_CLIENT_CERTIFICATES)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.send_tls13_tickets = TICKETS;
    config.ticketer = tickets;
    config.session_storage = remembered;
    Ok(Arc::new(config))
}
