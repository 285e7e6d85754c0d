//! Which certificate a client is shown.

use std::sync::Arc;

use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::{ClientConfig, ServerConfig, SignatureScheme};
use shipshape_crds::policy::TlsVersion;

use super::super::{CertificateNames, Tickets, TlsFacts};
use super::authority::{Authority, Kind};
use super::handshake::{certificates, client, old_client, server, shake};
use super::trusting::Trusting;

/// The first name of the certificate that a client of that server name is shown, and its key's kind.
fn shown(client: &Arc<ClientConfig>, server: &Arc<ServerConfig>, name: &str) -> (String, bool) {
    let (client, _) = shake(client, server, name).unwrap();
    let leaf = client.peer_certificates().unwrap().first().unwrap();
    let (_, leaf) = x509_parser::parse_x509_certificate(leaf).unwrap();
    let names = CertificateNames::of(&leaf);
    let first = names.exact().next().map(str::to_owned);
    let is_rsa = leaf.public_key().algorithm.algorithm == x509_parser::oid_registry::OID_PKCS1_RSAENCRYPTION;
    (first.or_else(|| names.below().next().map(|below| format!("*.{below}"))).unwrap(), is_rsa)
}

/// Trusts whatever it is shown, so that names can be looked at that the certificate does not cover.
fn trusting(authority: &Authority) -> Arc<ClientConfig> {
    let mut config = client(authority, |_| ());
    config.dangerous().set_certificate_verifier(Arc::new(Trusting));
    Arc::new(config)
}

#[test]
fn an_exact_name_goes_before_a_wildcard_and_both_before_the_built_in() {
    let authority = Authority::new();
    let leaves: [(&[&str], _); 4] = [
        (&["shop", "api.shop.example"], Kind::Ecdsa),
        (&["*.shop.example"], Kind::Ecdsa),
        (&["api.shop.example"], Kind::Ecdsa),
        (&["www.other.example"], Kind::Rsa),
    ];
    let server = server(&authority, &leaves, TlsVersion::V1_2, &Tickets::new().unwrap());
    let client = trusting(&authority);
    for (asked, is_shown) in [
        ("api.shop.example", "api.shop.example"),
        ("API.Shop.Example", "api.shop.example"),
        ("b.shop.example", "*.shop.example"),
        ("a.b.shop.example", "shop"),
        ("shop.example", "shop"),
        ("www.other.example", "www.other.example"),
        ("unknown.example", "shop"),
        ("127.0.0.1", "shop"),
    ] {
        assert_eq!(shown(&client, &server, asked).0, is_shown, "{asked}");
    }
}

#[test]
fn of_two_certificates_of_one_name_the_client_gets_the_one_that_it_can_check() {
    let authority = Authority::new();
    let leaves: [(&[&str], _); 3] =
        [(&["shop"], Kind::Ecdsa), (&["a.example"], Kind::Rsa), (&["a.example"], Kind::Ecdsa)];
    let server = server(&authority, &leaves, TlsVersion::V1_2, &Tickets::new().unwrap());
    assert_eq!(shown(&Arc::new(client(&authority, |_| ())), &server, "a.example"), ("a.example".to_owned(), false));
    assert_eq!(shown(&Arc::new(old_client(&authority)), &server, "a.example"), ("a.example".to_owned(), false));
    let only_rsa = |algorithms: &mut WebPkiSupportedAlgorithms| {
        let is_rsa = |scheme: &SignatureScheme| format!("{scheme:?}").starts_with("RSA");
        let mapping: Vec<_> = algorithms.mapping.iter().filter(|(scheme, _)| is_rsa(scheme)).copied().collect();
        algorithms.mapping = Box::leak(mapping.into_boxed_slice());
    };
    let older = client(&authority, |provider| only_rsa(&mut provider.signature_verification_algorithms));
    assert_eq!(shown(&Arc::new(older), &server, "a.example"), ("a.example".to_owned(), true));
    let rsa_suites = client(&authority, |provider| {
        provider.cipher_suites.retain(|suite| format!("{:?}", suite.suite()).contains("ECDHE_RSA"));
    });
    assert_eq!(shown(&Arc::new(rsa_suites), &server, "a.example"), ("a.example".to_owned(), true));
}

#[test]
fn a_connection_knows_the_hosts_of_the_certificate_that_it_was_shown() {
    let authority = Authority::new();
    let leaves: [(&[&str], _); 2] = [(&["shop", "b.example"], Kind::Ecdsa), (&["*.a.example"], Kind::Ecdsa)];
    let certificates = certificates(&authority, &leaves);
    let server =
        super::super::server_config(TlsVersion::V1_2, Arc::clone(&certificates), &Tickets::new().unwrap()).unwrap();
    let (_, session) = shake(&trusting(&authority), &server, "x.a.example").unwrap();
    let facts = TlsFacts::of(&session, &certificates);
    assert_eq!((facts.version, facts.server_name()), ("TLSv1.3", Some("x.a.example")));
    assert!(facts.admits("y.a.example") && !facts.admits("b.example"));
    let (_, session) = shake(&trusting(&authority), &server, "localhost").unwrap();
    let facts = TlsFacts::of(&session, &certificates);
    assert!(facts.admits("localhost") && facts.admits("b.example") && !facts.admits("y.a.example"));
}
