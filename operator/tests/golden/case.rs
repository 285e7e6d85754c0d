//! A service as it is read from files, made sound with a fixed clock and fixed randomness.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use shipshape_crds::api::{ApiKey, ApiKeyStatus, ApiService, ApiServiceStatus, read};
use shipshape_crds::api_keys::Peppers;
use shipshape_operator::check::check;
use shipshape_operator::credentials::{
    Action, NewApiKey, OwnCertificate, advance, fingerprint, first_peppers, pepper_data,
};
use shipshape_operator::model::Sound;
use shipshape_operator::observe::{Observed, PepperFile};
use shipshape_operator::settings::{Lifetimes, Settings};

/// Each case, and the folder of its input.
pub const CASES: [(&str, &str); 4] = [
    ("minimal", "tests/golden/minimal"),
    ("quickstart", "examples/quickstart"),
    ("shop", "examples/shop"),
    ("everything", "tests/golden/everything"),
];

const UID: &str = "00000000-0000-4000-8000-000000000000";

/// A service as `check` hands it to `desired`.
pub struct Case {
    pub sound: Sound,
}

/// The root of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

pub fn now() -> Timestamp {
    "2026-11-21T00:00:00Z".parse().unwrap()
}

/// Every document of the files in a folder whose names begin so.
pub fn documents(folder: &str, beginning: &str) -> Vec<Value> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(repository().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(beginning))
        .collect();
    paths.sort();
    paths
        .iter()
        .flat_map(|path| serde_saphyr::from_multiple::<Value>(&std::fs::read_to_string(path).unwrap()).unwrap())
        .collect()
}

impl Case {
    pub fn read(folder: &str) -> Self {
        let service: ApiService = read(documents(folder, "apiservice").remove(0)).unwrap();
        let peppers = first_peppers(now(), &[7; 32]);
        let keys: Vec<ApiKey> = documents(folder, "apikey")
            .into_iter()
            .zip(1..)
            .map(|(document, number)| made(read(document).unwrap(), number, &peppers))
            .collect();
        Self { sound: check(&observed(service, keys, &peppers)).unwrap() }
    }
}

/// A key whose operator has made it.
fn made(mut key: ApiKey, number: u8, peppers: &Peppers) -> ApiKey {
    let fingerprint = fingerprint(&NewApiKey::new(&[number; 40]).text, peppers);
    key.status = Some(ApiKeyStatus { fingerprint, ..ApiKeyStatus::default() });
    key
}

fn observed(mut service: ApiService, keys: Vec<ApiKey>, peppers: &Peppers) -> Observed {
    service.metadata.uid = Some(UID.to_owned());
    let settings = settings();
    // Their Secrets are not there: what is applied does not depend on what they hold.
    let own_certificates =
        service.spec.certificate_refs().iter().map(|one| OwnCertificate::read(&one.name, None)).collect();
    let authority = advance(None, Action::Create, now(), [1; 16], &settings.lifetimes).unwrap();
    let stored = pepper_data(peppers).unwrap().into_values().next().unwrap().0;
    Observed {
        now: now(),
        random: [2; 16],
        namespace: service.metadata.namespace.clone().unwrap(),
        name: service.metadata.name.clone().unwrap(),
        uid: UID.to_owned(),
        generation: Some(1),
        status: ApiServiceStatus::default(),
        service: Ok(service),
        keys,
        peppers: Ok(Some(PepperFile(stored))),
        authority: Arc::new(authority),
        leaf: None,
        children: BTreeMap::new(),
        pods: Vec::new(),
        missing: Vec::new(),
        own_certificates,
        autoscaler: None,
        settings,
    }
}

fn settings() -> Settings {
    Settings {
        sidecar_image: "registry.example/shipshape-sidecar:0.1.0".into(),
        sidecar_pull_policy: None,
        sidecar_pull_secrets: vec!["mirror".into()],
        namespace: "shipshape-system".into(),
        cluster_domain: "cluster.local".into(),
        lifetimes: Lifetimes::default(),
    }
}
