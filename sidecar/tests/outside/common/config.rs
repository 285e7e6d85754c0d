//! A folder as the operator would mount it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};
use shipshape_crds::compile::{Input, compile};
use shipshape_crds::policy::Policy;
use shipshape_crds::routing::Matching;
use shipshape_crds::sidecar_config::{AppEndpoint, Files, Listen, ServiceName, SidecarConfig};

/// A mounted folder.
pub struct Config {
    folder: tempfile::TempDir,
    config: SidecarConfig,
    certificate: String,
    digests: BTreeMap<String, String>,
}

impl Config {
    /// A service without authentication in front of an app.
    pub fn open(app: SocketAddr) -> Self {
        Self::new(app, json!({"auth": {"mode": "None"}, "tls": {"redirect": {"enforcement": "Disabled"}}}))
    }

    /// A service of that policy.
    pub fn new(app: SocketAddr, policy: Value) -> Self {
        let mut this = Self {
            folder: tempfile::tempdir().unwrap(),
            config: compiled(app, policy),
            certificate: String::new(),
            digests: BTreeMap::new(),
        };
        this.new_certificate();
        this.write("r1");
        this
    }

    /// The file to give to the program.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("config.json")
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The certificate that clients trust, PEM.
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Changes the configuration; it is in force after [`Config::write`].
    pub fn change(&mut self, change: impl FnOnce(&mut SidecarConfig)) -> &mut Self {
        change(&mut self.config);
        self
    }

    /// Makes and writes another certificate and its key.
    pub fn new_certificate(&mut self) {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        self.certificate = made.cert.pem();
        self.file("tls.crt", self.certificate.clone().as_bytes());
        self.file("tls.key", made.signing_key.serialize_pem().as_bytes());
    }

    /// Writes a file beside the configuration, as meant by the next revision.
    pub fn file(&mut self, name: &str, content: &[u8]) {
        let sum: String = digest(&SHA256, content).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        self.digests.insert(name.to_owned(), sum);
        std::fs::write(self.folder.path().join(name), content).unwrap();
    }

    /// Writes the configuration as a revision of that name, whole at once as the kubelet does.
    pub fn write(&mut self, revision: &str) {
        self.config.revision = revision.to_owned();
        self.config.files = Files {
            certificate: "tls.crt".into(),
            certificate_key: "tls.key".into(),
            certificates: self.config.files.certificates.clone(),
            peppers: None,
            api_keys: vec!["keys-0.json".into()],
            digests: self.digests.clone(),
        };
        let next = self.folder.path().join(".next");
        std::fs::write(&next, serde_json::to_vec_pretty(&self.config).unwrap()).unwrap();
        std::fs::rename(next, self.path()).unwrap();
    }
}

fn compiled(app: SocketAddr, policy: Value) -> SidecarConfig {
    let policy: Policy = serde_json::from_value(policy).unwrap();
    let any = || "127.0.0.1:0".to_owned();
    let input = Input {
        service: ServiceName::new("test", "svc"),
        listen: Listen { https: any(), http: any(), admin: any() },
        app: AppEndpoint::new(app.to_string()),
        hostnames: Vec::new(),
        matching: Matching::Folded,
        policy: &policy,
        routes: Vec::new(),
        drain_seconds: 10,
    };
    compile(&input).unwrap()
}
