//! One configuration, compiled: what a request sees of it never changes while the request runs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls::ServerConfig;
use shipshape_crds::policy::{Policy, Timeouts, TlsProfile, TlsVersion};
use shipshape_crds::protocol::AppProtocol;
use shipshape_crds::sidecar_config::SidecarConfig;
use shipshape_crds::text::Timespan;

use super::bundle::{Bundle, ConfigError};
use super::served::{CertificateInput, ServeError, Served};
use crate::counters::LimitStore;
use crate::filters::api_key::KeyRing;
use crate::pipeline::{Inputs, Ports, Rules};
use crate::telemetry::metrics::SidecarMetrics;
use crate::tls::{Certificates, Tickets, server_config};
use crate::wire::Limits;

/// What every configuration of a process shares: it survives reloads.
#[derive(Clone)]
pub struct Shared {
    /// The counters of limits.
    pub limits: Arc<LimitStore>,
    /// The metrics.
    pub metrics: Arc<SidecarMetrics>,
    /// The keys of session tickets.
    pub tickets: Tickets,
    /// The ports that are listened on.
    pub ports: Ports,
    /// The app's address, where the command line says it.
    pub app: Option<SocketAddr>,
    /// What the app speaks, where the command line says it.
    pub app_protocol: Option<AppProtocol>,
}

/// One configuration, compiled.
pub struct Live {
    config: Arc<SidecarConfig>,
    rules: Arc<Rules>,
    tls: Arc<ServerConfig>,
    served: Served,
    app: SocketAddr,
    app_protocol: AppProtocol,
    connect_timeout: Duration,
    limits: Limits,
    waiting_for: Vec<String>,
    loaded_at: Timestamp,
}

impl Live {
    /// Compiles what was read; certificates that are no good leave those of before in place.
    ///
    /// # Errors
    /// Everything in it that cannot be enforced.
    pub fn build(bundle: Bundle, shared: &Shared, before: Option<&Self>, now: Timestamp) -> Result<Self, ConfigError> {
        let Bundle { config, certificate, certificate_key, certificates, shards, peppers, waiting_for } = bundle;
        let mut findings = Vec::new();
        let app = shared.app.or_else(|| app_address(&config, &mut findings));
        let app_protocol = shared.app_protocol.unwrap_or(config.app.protocol);
        let files = CertificateInput { files: &config.files, certificate, certificate_key, certificates };
        let tls = Served::build(files, before.map(|live| &live.served), now)
            .and_then(|served| Ok((server_config(oldest(&config), served.certificates(), &shared.tickets)?, served)))
            .map_err(|error: ServeError| findings.push(error.to_string()))
            .ok();
        let keys = KeyRing::build(&shards, &peppers);
        if let Some(first) = keys.skipped().first() {
            // One line: without its pepper every key of a service would have one.
            tracing::warn!(keys = keys.skipped().len(), "{first}, and perhaps others: make them anew");
        }
        let config = Arc::new(config);
        let Shared { limits, metrics, ports, .. } = shared.clone();
        let inputs = Inputs { config: Arc::clone(&config), keys, limits, metrics, ports };
        let rules = Rules::build(inputs).map_err(|wrong| findings.extend(wrong.iter().map(ToString::to_string))).ok();
        let (Some(app), Some((tls, served)), Some(rules), true) = (app, tls, rules, findings.is_empty()) else {
            return Err(ConfigError { findings });
        };
        let (limits, connect_timeout) = limits_of(&config.policy);
        let rules = Arc::new(rules);
        let loaded_at = now;
        Ok(Self { config, rules, tls, served, app, app_protocol, connect_timeout, limits, waiting_for, loaded_at })
    }

    /// The configuration as it was written.
    #[must_use]
    pub fn config(&self) -> &Arc<SidecarConfig> {
        &self.config
    }

    /// What requests are measured against.
    #[must_use]
    pub fn rules(&self) -> &Arc<Rules> {
        &self.rules
    }

    /// What handshakes need.
    #[must_use]
    pub fn tls(&self) -> &Arc<ServerConfig> {
        &self.tls
    }

    /// Where the app listens, and how long opening a connection to it may take.
    #[must_use]
    pub fn app(&self) -> (SocketAddr, Duration) {
        (self.app, self.connect_timeout)
    }

    /// What the app speaks, also on its health pages.
    #[must_use]
    pub fn app_protocol(&self) -> AppProtocol {
        self.app_protocol
    }

    /// The limits of a connection.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The certificates that clients get.
    #[must_use]
    pub fn certificates(&self) -> Arc<Certificates> {
        self.served.certificates()
    }

    /// Which certificates they are, and what is wrong with their files.
    #[must_use]
    pub fn served(&self) -> &Served {
        &self.served
    }

    /// Files whose content is not yet the one that the revision means.
    #[must_use]
    pub fn waiting_for(&self) -> &[String] {
        &self.waiting_for
    }

    /// When it was compiled.
    #[must_use]
    pub fn loaded_at(&self) -> Timestamp {
        self.loaded_at
    }

    /// How long requests in flight are waited for when the pod ends.
    #[must_use]
    pub fn drain(&self) -> Duration {
        Duration::from_secs(u64::from(self.config.drain_seconds))
    }
}

fn app_address(config: &SidecarConfig, findings: &mut Vec<String>) -> Option<SocketAddr> {
    let address = &config.app.address;
    let parsed = address.parse().ok();
    if parsed.is_none() {
        findings.push(format!("app.address: \"{address}\" is no address: write IP:PORT, such as 127.0.0.1:5000"));
    }
    parsed
}

/// A profile that a file says beside an older version wins: it was said by name.
fn oldest(config: &SidecarConfig) -> TlsVersion {
    let Some(tls) = &config.policy.tls else { return TlsProfile::default().oldest() };
    tls.min_version.unwrap_or(TlsVersion::V1_2).max(tls.profile.unwrap_or_default().oldest())
}

fn limits_of(policy: &Policy) -> (Limits, Duration) {
    let built_in = shipshape_crds::defaults::built_in();
    let said = policy.timeouts.clone().unwrap_or_default();
    let usual = built_in.timeouts.unwrap_or_default();
    let time = |said: Option<Timespan>, usual: Option<Timespan>| {
        said.or(usual).map_or(Duration::from_secs(30), |span| span.duration())
    };
    let Timeouts { request: _, head, body_idle, body_rate: _, stream_idle: _, connect, idle } = said;
    let count = policy.sizes.as_ref().and_then(|sizes| sizes.header_count).unwrap_or(100);
    let limits = Limits {
        head: time(head, usual.head),
        idle: time(idle, usual.idle),
        stall: time(body_idle, usual.body_idle),
        // A connection's age has a share of chance: its owner adds it.
        age: Duration::MAX,
        header_count: usize::try_from(count).unwrap_or(usize::MAX),
    };
    (limits, time(connect, usual.connect))
}
