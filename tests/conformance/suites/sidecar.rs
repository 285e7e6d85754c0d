//! A sidecar in front of an app, as an `ApiService` says, on free ports of the loopback interface.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use shipshape_tests::process::{Program, address, run};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Nobody has to say who they are, and plain HTTP is served rather than redirected.
pub const OPEN: &str = "auth: {mode: None}, tls: {redirect: {enforcement: Disabled}}";

/// A running sidecar; it ends when this is dropped.
pub struct Sidecar {
    /// Where it serves TLS.
    pub https: SocketAddr,
    /// Where it serves plain HTTP.
    pub http: SocketAddr,
    told: String,
    state: TempDir,
    _program: Program,
}

impl Sidecar {
    /// Starts one with the policy, in front of an app that speaks HTTP/1.
    ///
    /// # Errors
    /// When the policy is refused or nothing serves.
    pub fn start(policy: &str, app: SocketAddr) -> Result<Self> {
        Self::start_with("HTTP1", policy, app)
    }

    /// Starts one in front of an app that speaks HTTP/2 without TLS.
    ///
    /// # Errors
    /// When the policy is refused or nothing serves.
    pub fn start_h2c(policy: &str, app: SocketAddr) -> Result<Self> {
        Self::start_with("H2C", policy, app)
    }

    fn start_with(protocol: &str, policy: &str, app: SocketAddr) -> Result<Self> {
        let state = TempDir::new()?;
        let path = |name: &str| state.path().join(name).display().to_string();
        let (service, config, control) = (path("service.yaml"), path("suite.json"), path("control.sock"));
        fs::write(&service, manifest(protocol, policy))?;
        let app = app.to_string();
        let ports =
            ["--https", "127.0.0.1:0", "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--app", app.as_str()];
        let folder = state.path().display().to_string();
        // The very file that the operator would mount, read by the very binary of the pod.
        let told =
            run("shipshape", &[&["local", "-f", &service, "--state", &folder, "--print-config"], &ports[..]].concat())?;
        let mut program = Program::start(
            "shipshape-sidecar",
            &[&["run", "--config", &config, "--control", &control], &ports[..]].concat(),
        )?;
        let serving = program.serving()?;
        let (https, http) = (address(&serving, "https")?, address(&serving, "http")?);
        Ok(Self { https, http, told, state, _program: program })
    }

    /// The file with the CA's certificate.
    pub fn ca_file(&self) -> String {
        self.state.path().join("ca.pem").display().to_string()
    }

    /// The key of the service's one `ApiKey`.
    ///
    /// # Errors
    /// When the policy takes no keys.
    pub fn key(&self) -> Result<&str> {
        let after = |line| str::split_once(line, "a key to try").map(|(_, rest)| rest);
        let words = self.told.lines().find_map(after).and_then(|rest| rest.split_whitespace().next());
        words.with_context(|| format!("no key in {}", self.told))
    }

    /// What it takes to connect to it, which does not keep it running.
    ///
    /// # Errors
    /// When the CA's certificate cannot be read.
    pub fn dial(&self) -> Result<Dial> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(self.ca_file())? {
            roots.add(certificate?)?;
        }
        Ok(Dial { address: self.https, roots: Arc::new(roots) })
    }

    /// A TLS connection that offers one protocol by ALPN.
    ///
    /// # Errors
    /// When there is no connection, or the sidecar does not take the protocol.
    pub async fn connect(&self, protocol: &str) -> Result<TlsStream<TcpStream>> {
        self.dial()?.connect(protocol).await
    }
}

/// Connects to a sidecar by TLS.
#[derive(Clone)]
pub struct Dial {
    address: SocketAddr,
    roots: Arc<RootCertStore>,
}

impl Dial {
    /// A TLS connection that offers one protocol by ALPN.
    ///
    /// # Errors
    /// When there is no connection, or the sidecar does not take the protocol.
    pub async fn connect(&self, protocol: &str) -> Result<TlsStream<TcpStream>> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let mut config = config.with_root_certificates(Arc::clone(&self.roots)).with_no_client_auth();
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from("localhost")?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.context("TLS")?;
        let chosen = stream.get_ref().1.alpn_protocol();
        ensure!(chosen == Some(protocol.as_bytes()), "ALPN chose {chosen:?} instead of {protocol}");
        Ok(stream)
    }
}

fn manifest(protocol: &str, policy: &str) -> String {
    let protocol = if protocol == "HTTP1" { String::new() } else { format!(", protocol: {protocol}") };
    format!(
        "apiVersion: shipshape.dev/v1alpha1
kind: ApiService
metadata: {{name: suite, namespace: conformance}}
spec:
  app: {{image: localhost/suite:1.0.0, port: 9000{protocol}}}
  policy: {{{policy}}}
---
apiVersion: shipshape.dev/v1alpha1
kind: ApiKey
metadata: {{name: caller, namespace: conformance}}
spec: {{serviceRef: {{name: suite}}, owner: suite@shop.example}}
"
    )
}
