//! The first start: a sidecar without a policy never serves.

use std::net::SocketAddr;

use crate::common::{Config, refused};

fn nowhere() -> SocketAddr {
    "127.0.0.1:9".parse().unwrap()
}

#[test]
fn every_finding_is_told_and_nothing_is_served() {
    let config = Config::open(nowhere());
    std::fs::write(config.folder().join("tls.key"), "no key").unwrap();
    std::fs::write(config.folder().join("keys-0.json"), r#"{"keys": ["SECRET-OF-A-KEY"]}"#).unwrap();
    for command in ["run", "check"] {
        let (code, said) = refused(&[command], &config.path());
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("keys-0.json"), "{said}");
        assert!(!said.contains("SECRET"), "{said}");
    }
    std::fs::remove_file(config.folder().join("keys-0.json")).unwrap();
    let (code, said) = refused(&["run"], &config.path());
    assert_eq!(code, Some(1));
    assert!(said.contains("tls.key") && said.contains("no PEM private key"), "{said}");
}

#[test]
fn a_sound_configuration_passes_the_check() {
    let config = Config::open(nowhere());
    assert_eq!(refused(&["check"], &config.path()).0, Some(0));
}

#[test]
fn another_format_is_refused_by_its_number() {
    let mut config = Config::open(nowhere());
    config.change(|config| config.format = 2).write("r1");
    let (code, said) = refused(&["check"], &config.path());
    assert_eq!(code, Some(1));
    assert!(said.contains("format 1, not 2"), "{said}");
}

#[test]
fn an_address_that_is_none_is_named_with_its_field() {
    let mut config = Config::open(nowhere());
    config.change(|config| {
        config.app.address = "localhost".into();
        config.listen.https = "8443".into();
    });
    config.write("r1");
    let (code, said) = refused(&["check"], &config.path());
    assert_eq!(code, Some(1));
    assert!(said.contains("app.address: \"localhost\"") && said.contains("listen.https: \"8443\""), "{said}");
}
