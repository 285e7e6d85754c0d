//! Versions, key exchanges and protocols that both ends agree on, or not.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::{AlertDescription, CipherSuite, Error, NamedGroup, ProtocolVersion};
use shipshape_crds::policy::{TlsProfile, TlsVersion};

use super::super::Tickets;
use super::authority::{Authority, Kind};
use super::handshake::{client, old_client, server, shake};

const LEAF: &[(&[&str], Kind)] = &[(&["a.example"], Kind::Ecdsa)];

#[test]
fn post_quantum_key_exchange_is_taken_where_it_is_offered_and_not_forced() {
    let authority = Authority::new();
    let server = server(&authority, LEAF, TlsVersion::V1_2, &Tickets::new().unwrap());
    let group = |change: fn(&mut CryptoProvider)| {
        let (client, _) = shake(&Arc::new(client(&authority, change)), &server, "a.example").unwrap();
        client.negotiated_key_exchange_group().unwrap().name()
    };
    assert_eq!(group(|_| ()), NamedGroup::X25519MLKEM768);
    let classic = |provider: &mut CryptoProvider| {
        provider.kx_groups.retain(|group| group.name() != NamedGroup::X25519MLKEM768);
    };
    assert_eq!(group(classic), NamedGroup::X25519);
}

#[test]
fn modern_refuses_what_intermediate_takes() {
    let (authority, tickets) = (Authority::new(), Tickets::new().unwrap());
    let old = Arc::new(old_client(&authority));
    let version = |profile: TlsProfile| {
        let (client, _) = shake(&old, &server(&authority, LEAF, profile.oldest(), &tickets), "a.example")?;
        Ok::<_, Error>(client.protocol_version())
    };
    assert_eq!(version(TlsProfile::Intermediate), Ok(Some(ProtocolVersion::TLSv1_2)));
    assert_eq!(version(TlsProfile::Modern), Err(Error::AlertReceived(AlertDescription::ProtocolVersion)));
}

#[test]
fn only_suites_of_the_profile_are_agreed_on() {
    let authority = Authority::new();
    let server = server(&authority, LEAF, TlsVersion::V1_2, &Tickets::new().unwrap());
    let mut offered: Vec<_> = server.crypto_provider().cipher_suites.iter().map(|suite| suite.suite()).collect();
    offered.sort_by_key(|suite| u16::from(*suite));
    let mozillas = [
        CipherSuite::TLS13_AES_128_GCM_SHA256,
        CipherSuite::TLS13_AES_256_GCM_SHA384,
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256,
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    ];
    assert_eq!(offered, mozillas);
    assert_eq!(server.max_early_data_size, 0);
}

#[test]
fn a_protocol_that_is_not_spoken_is_refused_by_name() {
    let authority = Authority::new();
    let server = server(&authority, LEAF, TlsVersion::V1_2, &Tickets::new().unwrap());
    let agreed = |offered: &[&str]| {
        let mut client = client(&authority, |_| ());
        client.alpn_protocols = offered.iter().map(|name| name.as_bytes().to_vec()).collect();
        let (client, _) = shake(&Arc::new(client), &server, "a.example")?;
        Ok::<_, Error>(client.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()))
    };
    assert_eq!(agreed(&["http/1.1", "h2"]), Ok(Some("h2".to_owned())));
    assert_eq!(agreed(&["http/1.1"]), Ok(Some("http/1.1".to_owned())));
    assert_eq!(agreed(&[]), Ok(None));
    assert_eq!(agreed(&["h3"]), Err(Error::AlertReceived(AlertDescription::NoApplicationProtocol)));
}
