//! Clients with a bundle that is weeks old verify every certificate ever served, through years of changing roots.

#![expect(clippy::unwrap_used, reason = "the helpers of a test fail it by panicking")]

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::{Timestamp, ToSpan};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use shipshape_operator::credentials::{Authority, Leaf, LeafRequest, advance, due};
use shipshape_operator::settings::Lifetimes;

const NAME: &str = "shop.store.svc";
/// Four years: each root of the default year is replaced several times.
const DAYS: i64 = 4 * 365;

fn day(number: i64) -> Timestamp {
    let start: Timestamp = "2026-11-21T00:00:00Z".parse().unwrap();
    start + (number * 24).hours()
}

/// Whether a client with that bundle, and a right clock, takes the certificate for the name.
fn verifies(bundle: &str, leaf: &Leaf, name: &str, at: Timestamp) -> bool {
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(bundle.as_bytes()) {
        roots.add(root.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
    let certificate = CertificateDer::from_pem_slice(leaf.certificate.pem.as_bytes()).unwrap();
    let clock = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at.as_second()).unwrap()));
    let name = ServerName::try_from(name.to_owned()).unwrap();
    verifier.verify_server_cert(&certificate, &[], &name, &[], clock).is_ok()
}

fn request() -> LeafRequest {
    LeafRequest { subject: "shop".into(), names: vec![NAME.into(), "*.tenants.example".into()] }
}

/// The operator as it runs: each day it does what is due with the CA and with one service's certificate.
struct Operator {
    authority: Option<Authority>,
    leaf: Option<Leaf>,
    lifetimes: Lifetimes,
    roots_made: u8,
    leaves_made: u8,
}

impl Operator {
    fn live_through(&mut self, at: Timestamp) {
        while let Some(action) = due(at, self.authority.as_ref(), &self.lifetimes) {
            self.roots_made += 1;
            let random = [self.roots_made; 16];
            self.authority = Some(advance(self.authority.take(), action, at, random, &self.lifetimes).unwrap());
        }
        let authority = self.authority.as_ref().unwrap();
        let good = self.leaf.as_ref().is_some_and(|leaf| leaf.renewal(&request(), authority, at).is_none());
        if !good {
            self.leaves_made += 1;
            let random = [self.leaves_made; 16];
            self.leaf = Some(Leaf::issue(&request(), authority, at, random, &self.lifetimes).unwrap());
        }
    }
}

#[test]
fn no_client_is_ever_lost_through_years_of_changing_roots() {
    let mut operator =
        Operator { authority: None, leaf: None, lifetimes: Lifetimes::default(), roots_made: 0, leaves_made: 0 };
    let oldest_copy = operator.lifetimes.publish.as_secs() / 86_400;
    let mut bundles: VecDeque<String> = VecDeque::new();
    for number in 0..DAYS {
        let at = day(number);
        operator.live_through(at);
        bundles.push_back(operator.authority.as_ref().unwrap().bundle(at));
        if bundles.len() as u64 > oldest_copy {
            bundles.pop_front();
        }
        let leaf = operator.leaf.as_ref().unwrap();
        for copy in [bundles.front(), bundles.back()] {
            assert!(verifies(copy.unwrap(), leaf, NAME, at), "day {number}");
        }
    }
    assert!(operator.roots_made > 8 && operator.leaves_made > 70, "{} {}", operator.roots_made, operator.leaves_made);
}

#[test]
fn a_certificate_is_for_its_names_and_its_time_and_its_root_only() {
    let lifetimes = Lifetimes::default();
    let new = |serial: u8| {
        let action = due(day(0), None, &lifetimes).unwrap();
        advance(None, action, day(0), [serial; 16], &lifetimes).unwrap()
    };
    let (ours, foreign) = (new(1), new(2));
    let leaf = Leaf::issue(&request(), &ours, day(0), [3; 16], &lifetimes).unwrap();
    let bundle = ours.bundle(day(0));
    assert!(verifies(&bundle, &leaf, NAME, day(0)));
    assert!(verifies(&bundle, &leaf, "a.tenants.example", day(0)));
    assert!(!verifies(&bundle, &leaf, "other.store.svc", day(0)));
    assert!(!verifies(&bundle, &leaf, NAME, day(31)));
    assert!(!verifies(&bundle, &leaf, NAME, day(-1)));
    assert!(verifies(&bundle, &leaf, NAME, day(0) - 4.minutes()), "for clients whose clock is late");
    assert!(!verifies(&foreign.bundle(day(0)), &leaf, NAME, day(0)));
}
