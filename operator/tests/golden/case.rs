//! A service as it is read from files, made sound with a fixed clock and fixed randomness.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use serde_json::Value;
use shipshape_crds::api::{ApiKey, ApiKeyStatus, ApiService, read};
use shipshape_crds::api_keys::Peppers;
use shipshape_crds::compile::{Input, compile};
use shipshape_crds::names::{ADMIN_PORT, HTTP_PORT, HTTPS_PORT};
use shipshape_crds::sidecar_config::{Listen, ServiceName, SidecarConfig};
use shipshape_crds::validate::{Severity, validate};
use shipshape_operator::credentials::{
    Action, Authority, Leaf, LeafRequest, MountedFiles, NewApiKey, advance, fingerprint, first_peppers, pepper_data,
    revise, server_names, shard,
};
use shipshape_operator::desired::grace::DRAIN_SECONDS;
use shipshape_operator::model::Sound;
use shipshape_operator::settings::{Lifetimes, Settings};

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
        let findings = validate(&service.spec.subject());
        assert!(findings.iter().all(|finding| finding.severity != Severity::Error), "{folder}: {findings:?}");
        let peppers = first_peppers(now(), &[7; 32]);
        let keys: Vec<ApiKey> = documents(folder, "apikey")
            .into_iter()
            .zip(1..)
            .map(|(document, number)| made(read(document).unwrap(), number, &peppers))
            .collect();
        Self { sound: sound(service, &keys, &peppers) }
    }
}

/// A key whose operator has made it.
fn made(mut key: ApiKey, number: u8, peppers: &Peppers) -> ApiKey {
    let fingerprint = fingerprint(&NewApiKey::new(&[number; 40]).text, peppers);
    key.status = Some(ApiKeyStatus { fingerprint, ..ApiKeyStatus::default() });
    key
}

fn sound(service: ApiService, keys: &[ApiKey], peppers: &Peppers) -> Sound {
    let (name, namespace) = (service.metadata.name.unwrap(), service.metadata.namespace.unwrap());
    let settings = settings();
    let authority = advance(None, Action::Create, now(), [1; 16], &settings.lifetimes).unwrap();
    let leaf = leaf(&namespace, &name, &service.spec, &settings, &authority);
    let stored = pepper_data(peppers).unwrap();
    let pepper_file = stored.values().next().unwrap().0.as_slice();
    let files = MountedFiles::new(&leaf, Some(pepper_file), &shard(keys, &name, now())).unwrap();
    Sound {
        config: revise(config(&namespace, &name, &service.spec), &files).unwrap(),
        owner: OwnerReference {
            api_version: "shipshape.dev/v1alpha1".into(),
            kind: "ApiService".into(),
            name: name.clone(),
            uid: "00000000-0000-4000-8000-000000000000".into(),
            controller: Some(true),
            block_owner_deletion: Some(true),
        },
        name,
        namespace,
        spec: service.spec,
        trust_bundle: authority.bundle(now()),
        leaf,
        files,
        settings,
        warnings: Vec::new(),
    }
}

fn leaf(
    namespace: &str,
    name: &str,
    spec: &shipshape_crds::api::ApiServiceSpec,
    settings: &Settings,
    authority: &Authority,
) -> Leaf {
    let names = server_names(namespace, name, &settings.cluster_domain, spec.hostnames());
    let request = LeafRequest { subject: name.to_owned(), names };
    Leaf::issue(&request, authority, now(), [2; 16], &settings.lifetimes).unwrap()
}

fn config(namespace: &str, name: &str, spec: &shipshape_crds::api::ApiServiceSpec) -> SidecarConfig {
    let everywhere = |port: u16| format!("[::]:{port}");
    compile(&Input {
        service: ServiceName { namespace: namespace.to_owned(), name: name.to_owned() },
        listen: Listen { https: everywhere(HTTPS_PORT), http: everywhere(HTTP_PORT), admin: everywhere(ADMIN_PORT) },
        app: spec.app_endpoint(format!("127.0.0.1:{}", spec.app.port)),
        hostnames: spec.hostnames().to_vec(),
        matching: spec.matching.unwrap_or_default(),
        policy: spec.policy_said(),
        routes: spec.route_inputs(),
        drain_seconds: DRAIN_SECONDS,
    })
    .unwrap()
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
