//! Whose sessions are resumed.

use std::sync::Arc;

use rustls::{ClientConfig, HandshakeKind, ServerConfig};
use shipshape_crds::policy::TlsVersion;

use super::super::Tickets;
use super::authority::{Authority, Kind};
use super::handshake::{client, old_client, server, shake};

const NAME: &[&str] = &["a.example"];

fn is_resumed(client: &Arc<ClientConfig>, server: &Arc<ServerConfig>) -> bool {
    let (_, server) = shake(client, server, "a.example").unwrap();
    server.handshake_kind() == Some(HandshakeKind::Resumed)
}

fn serving(authority: &Authority, tickets: &Tickets) -> Arc<ServerConfig> {
    server(authority, &[(NAME, Kind::Ecdsa)], TlsVersion::V1_2, tickets)
}

#[test]
fn a_client_of_two_connections_at_once_resumes_both() {
    let authority = Authority::new();
    let (client, server) = (Arc::new(client(&authority, |_| ())), serving(&authority, &Tickets::new().unwrap()));
    let (first, _) = shake(&client, &server, "a.example").unwrap();
    assert_eq!(first.tls13_tickets_received(), 2);
    assert!(is_resumed(&client, &server) && is_resumed(&client, &server));
}

#[test]
fn sessions_outlive_a_new_certificate() {
    let (authority, tickets) = (Authority::new(), Tickets::new().unwrap());
    for client in [client(&authority, |_| ()), old_client(&authority)].map(Arc::new) {
        assert!(!is_resumed(&client, &serving(&authority, &tickets)));
        assert!(is_resumed(&client, &serving(&authority, &tickets)));
    }
}

#[test]
fn a_ticket_of_another_pod_means_a_full_handshake_and_no_error() {
    let authority = Authority::new();
    for client in [client(&authority, |_| ()), old_client(&authority)].map(Arc::new) {
        let (here, there) = (Tickets::new().unwrap(), Tickets::new().unwrap());
        assert!(!is_resumed(&client, &serving(&authority, &here)));
        assert!(!is_resumed(&client, &serving(&authority, &there)));
        assert!(is_resumed(&client, &serving(&authority, &there)));
    }
}
