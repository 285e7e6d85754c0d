//! Two ends of a connection without a network between them.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::{ClientConfig, ClientConnection, Error, RootCertStore, ServerConfig, ServerConnection};
use shipshape_crds::policy::TlsVersion;

use super::super::{Certificates, Identity, Tickets, server_config};
use super::authority::{Authority, Kind};

/// A server's configuration from leaves of an authority: the first is the built-in one.
pub(super) fn server(
    authority: &Authority,
    leaves: &[(&[&str], Kind)],
    oldest: TlsVersion,
    tickets: &Tickets,
) -> Arc<ServerConfig> {
    server_config(oldest, certificates(authority, leaves), tickets).unwrap()
}

/// Certificates from leaves of an authority: the first is the built-in one.
pub(super) fn certificates(authority: &Authority, leaves: &[(&[&str], Kind)]) -> Arc<Certificates> {
    let identity = |(names, kind): &(&[&str], Kind)| {
        let (leaf, key) = authority.issue(names, *kind);
        let chain = format!("{leaf}{}", authority.intermediate_pem());
        Arc::new(Identity::from_pem(chain.as_bytes(), key.as_bytes()).unwrap())
    };
    let mut all = leaves.iter().map(identity);
    Arc::new(Certificates::new(all.next().unwrap(), all.collect()))
}

/// A client that trusts the authority.
pub(super) fn client(authority: &Authority, change: impl FnOnce(&mut CryptoProvider)) -> ClientConfig {
    let mut provider = aws_lc_rs::default_provider();
    change(&mut provider);
    let mut roots = RootCertStore::empty();
    roots.add(authority.root_der()).unwrap();
    ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// A client that knows TLS 1.2 only.
pub(super) fn old_client(authority: &Authority) -> ClientConfig {
    client(authority, |provider| provider.cipher_suites.retain(|suite| suite.tls13().is_none()))
}

/// Shakes hands, and lets the client read what comes after it.
pub(super) fn shake(
    client: &Arc<ClientConfig>,
    server: &Arc<ServerConfig>,
    name: &str,
) -> Result<(ClientConnection, ServerConnection), Error> {
    let mut client = ClientConnection::new(Arc::clone(client), name.to_owned().try_into().unwrap())?;
    let mut server = ServerConnection::new(Arc::clone(server))?;
    while client.wants_write() || server.wants_write() {
        let mut bytes = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut bytes).unwrap();
        }
        feed(&bytes, |bytes| server.read_tls(bytes));
        let verdict = server.process_new_packets();
        let mut bytes = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut bytes).unwrap();
        }
        feed(&bytes, |bytes| client.read_tls(bytes));
        client.process_new_packets()?;
        verdict?;
    }
    assert!(!client.is_handshaking() && !server.is_handshaking());
    Ok((client, server))
}

fn feed(mut bytes: &[u8], mut read: impl FnMut(&mut dyn std::io::Read) -> std::io::Result<usize>) {
    while !bytes.is_empty() {
        read(&mut bytes).unwrap();
    }
}
