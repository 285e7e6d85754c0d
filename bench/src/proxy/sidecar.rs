//! Our sidecar: its file as the operator would write it, beside the files that it names.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value, json};
use shipshape_crds::compile::{Input, compile};
use shipshape_crds::policy::Policy;
use shipshape_crds::routing::Matching;
use shipshape_crds::sidecar_config::{AppEndpoint, Files, Listen, ServiceName, SidecarConfig};

use super::contract::{Place, Promises, Proxy, Running};
use super::process::Process;
use crate::credentials::{Identity, KEY_FIELD};
use crate::scenario::Setup;

const CERTIFICATE: &str = "tls/tls.crt";
const CERTIFICATE_KEY: &str = "tls/tls.key";
const PEPPERS: &str = "peppers.json";
const KEYS: &str = "api-keys/0.json";
/// In a folder of its own: the sidecar watches the one of its configuration, where in a pod nobody writes.
const ACCESS_LOG: &str = "log/access.log";
/// The sixth header field of the full policy; the other five are built in.
const PERMISSIONS: &str = "camera=(), geolocation=(), microphone=()";

/// Our sidecar.
pub struct Sidecar {
    program: PathBuf,
}

/// The line that it prints when it serves.
#[derive(Deserialize)]
struct Serving {
    https: SocketAddr,
    http: SocketAddr,
    admin: SocketAddr,
}

impl Sidecar {
    /// The sidecar of this program.
    #[must_use]
    pub fn new(program: PathBuf) -> Self {
        Self { program }
    }
}

impl Proxy for Sidecar {
    fn name(&self) -> &'static str {
        "shipshape"
    }

    fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }

    fn promises(&self) -> Promises {
        Promises { identity: Identity::ApiKey, proves: true, fields: &["ratelimit"] }
    }

    fn program(&self) -> &Path {
        &self.program
    }

    fn spawn(&self, setup: Setup, place: Place<'_>, https: SocketAddr) -> Result<Process> {
        let config = place.folder.join("config.json");
        write_files(setup, place)?;
        write(place.folder, ACCESS_LOG, &[])?;
        let mut command = Command::new(&self.program);
        command.arg("run").arg("--config").arg(&config).arg("--control").arg(place.folder.join("control.sock"));
        command.args(["--workers", "1", "--https", &https.to_string()]);
        Process::start(&mut command, place.core, &place.folder.join(ACCESS_LOG))
    }

    fn start(&self, setup: Setup, place: Place<'_>) -> Result<Running> {
        let mut process = self.spawn(setup, place, free_port())?;
        let Serving { https, http, admin } = process.wait_for(|line| serde_json::from_str(line).ok())?;
        let access_log = Some(place.folder.join(ACCESS_LOG));
        Ok(Running { process, http, https, metrics: Some((admin, "/metrics")), access_log })
    }
}

fn free_port() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

/// Request ids, access log and metrics cannot be switched off: they are part of every setup.
fn policy(setup: Setup) -> Value {
    match setup {
        Setup::Plain | Setup::Tls | Setup::NoTickets => json!({
            "auth": {"mode": "None"},
            "securityHeaders": {"enforcement": "Disabled"},
            "tls": {"redirect": {"enforcement": "Disabled"}, "hsts": {"enforcement": "Disabled"}},
        }),
        Setup::Full => json!({
            "auth": {"apiKeys": {"header": KEY_FIELD}},
            "rateLimits": [{"name": "per-client", "per": "Client", "requests": 1_000_000, "window": "1s"}],
            "securityHeaders": {"set": [{"name": "Permissions-Policy", "value": PERMISSIONS}]},
        }),
    }
}

fn write_files(setup: Setup, place: Place<'_>) -> Result<()> {
    let credentials = place.credentials;
    write(place.folder, "config.json", &serde_json::to_vec(&config(setup, place.upstream)?)?)?;
    write(place.folder, CERTIFICATE, credentials.certificate.pem.as_bytes())?;
    write(place.folder, CERTIFICATE_KEY, credentials.certificate.key.as_bytes())?;
    write(place.folder, PEPPERS, &serde_json::to_vec(&credentials.keys.peppers)?)?;
    write(place.folder, KEYS, &serde_json::to_vec(&credentials.keys.shard)?)
}

/// What a setup is to the sidecar, as the operator would write it.
///
/// # Errors
/// When the policy is none.
pub fn config(setup: Setup, upstream: SocketAddr) -> Result<SidecarConfig> {
    let policy: Policy = serde_json::from_value(policy(setup))?;
    let address = free_port().to_string();
    let input = Input {
        service: ServiceName::new("bench", "bench"),
        listen: Listen { https: address.clone(), http: address.clone(), admin: address },
        app: AppEndpoint::new(upstream.to_string()),
        hostnames: Vec::new(),
        matching: Matching::Folded,
        policy: &policy,
        routes: Vec::new(),
        drain_seconds: 1,
    };
    // The run's files are the ones meant: without digests, none is waited for.
    let files = Files {
        certificate: CERTIFICATE.into(),
        certificate_key: CERTIFICATE_KEY.into(),
        certificates: Vec::new(),
        peppers: Some(PEPPERS.into()),
        api_keys: vec![KEYS.into()],
        digests: BTreeMap::new(),
    };
    Ok(SidecarConfig { revision: "bench".into(), files, ..compile(&input)? })
}

fn write(folder: &Path, name: &str, content: &[u8]) -> Result<()> {
    let path = folder.join(name);
    let parent = path.parent().unwrap_or(folder);
    fs::create_dir_all(parent).and_then(|()| fs::write(&path, content)).with_context(|| format!("cannot write {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setup_is_a_whole_configuration() {
        let upstream = "127.0.0.1:5000".parse().unwrap();
        for setup in [Setup::Plain, Setup::Tls, Setup::NoTickets, Setup::Full] {
            let config = config(setup, upstream).unwrap();
            let auth = config.policy.auth.unwrap();
            assert_eq!(auth.api_keys.is_some(), setup == Setup::Full);
            assert_eq!(config.policy.rate_limits.len(), usize::from(setup == Setup::Full));
            assert_eq!(config.app.address, "127.0.0.1:5000");
        }
    }

    #[test]
    fn the_line_of_addresses_is_told_from_log_lines() {
        let line = r#"{"msg":"serving","https":"127.0.0.1:1","http":"127.0.0.1:2","admin":"127.0.0.1:3"}"#;
        assert_eq!(serde_json::from_str::<Serving>(line).unwrap().admin.port(), 3);
        assert!(serde_json::from_str::<Serving>(r#"{"level":"INFO","message":"started"}"#).is_err());
    }
}
