//! Reading anew: the swap, and what became of the last attempt.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use jiff::Timestamp;
use serde::Serialize;
use shipshape_crds::names;
use shipshape_crds::sidecar_config::Listen;

use super::bundle::{Bundle, ConfigError};
use super::live::{Live, Shared};
use crate::pipeline::Ports;
use crate::telemetry::metrics::SidecarMetrics;
use crate::tls::Tickets;
use crate::wire::Limits;

/// The configuration in force, and how to replace it.
pub struct LiveConfig {
    path: PathBuf,
    shared: Shared,
    listens: Listen,
    current: ArcSwap<Live>,
    last: Mutex<Attempt>,
}

#[derive(Default)]
struct Attempt {
    fingerprint: Vec<u8>,
    error: Option<String>,
}

/// What `/revision` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Revision {
    /// The revision in force.
    pub revision: String,
    /// Whether every file is the one that it means.
    pub complete: bool,
    /// The files that are not.
    pub waiting_for: Vec<String>,
    /// The pod, where it is known.
    pub pod_uid: Option<String>,
    /// Since when it is in force.
    pub loaded_at: String,
    /// Why the newest files are not in force, or not wholly.
    pub error: Option<String>,
    /// Certificates that are not served as their files ask, and why; everything else is in force.
    pub certificates: Vec<String>,
}

impl LiveConfig {
    /// Reads and compiles for the first time.
    ///
    /// # Errors
    /// Everything that keeps it from being enforced.
    pub fn load(path: &Path, shared: Shared) -> Result<Self, ConfigError> {
        let fingerprint = Bundle::fingerprint(path);
        let live = Live::build(Bundle::read(path)?, &shared, None, Timestamp::now())?;
        tell(&shared, &live);
        let last = Mutex::new(Attempt { fingerprint, error: None });
        let listens = live.config().listen.clone();
        Ok(Self { path: path.to_owned(), shared, listens, current: ArcSwap::from_pointee(live), last })
    }

    /// The configuration in force.
    #[must_use]
    pub fn current(&self) -> Arc<Live> {
        self.current.load_full()
    }

    /// The limits of a connection in force: asked at every step of it, so nothing is counted up for that.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.current.load().limits()
    }

    /// The file that it is read from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads anew where a file has changed. What cannot be enforced is counted and told, and the last good
    /// configuration stays. Blocks on files.
    pub fn reload(&self) {
        let fingerprint = Bundle::fingerprint(&self.path);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (before, now) = (self.current.load(), Timestamp::now());
        if last.fingerprint == fingerprint && !before.served().is_to_be_judged_again(now) {
            return;
        }
        let built = Bundle::read(&self.path).and_then(|bundle| Live::build(bundle, &self.shared, Some(&before), now));
        let error = match built {
            Ok(live) => {
                tracing::info!(revision = live.config().revision, waiting_for = ?live.waiting_for(), "configuration in force");
                let moved = moved_listeners(&self.listens, &live.config().listen);
                tell(&self.shared, &live);
                self.current.store(Arc::new(live));
                moved
            }
            Err(error) => {
                self.shared.metrics.reload_failed();
                tracing::error!(findings = ?error.findings, "the configuration is refused, the last good one stays");
                Some(error.to_string())
            }
        };
        *last = Attempt { fingerprint, error };
    }

    /// What `/revision` answers.
    #[must_use]
    pub fn revision(&self, pod_uid: Option<&str>) -> Revision {
        let live = self.current.load();
        let waiting_for = live.waiting_for().to_vec();
        Revision {
            revision: live.config().revision.clone(),
            complete: waiting_for.is_empty(),
            waiting_for,
            pod_uid: pod_uid.map(str::to_owned),
            loaded_at: live.loaded_at().to_string(),
            error: self.last.lock().unwrap_or_else(PoisonError::into_inner).error.clone(),
            certificates: live.served().troubles().to_vec(),
        }
    }
}

/// Judges a configuration without serving it.
///
/// # Errors
/// Everything that keeps it from being enforced.
pub fn check(path: &Path) -> Result<(), ConfigError> {
    let bundle = Bundle::read(path)?;
    let defect = |error: &dyn std::fmt::Display| ConfigError::one(format!("cannot be judged: {error}"));
    let shared = Shared {
        limits: Arc::default(),
        metrics: SidecarMetrics::new().map_err(|error| defect(&error))?,
        tickets: Tickets::new().map_err(|error| defect(&error))?,
        ports: Ports { https: names::HTTPS_PORT, http: names::HTTP_PORT },
        app: None,
        app_protocol: None,
    };
    let findings = listen_findings(&bundle.config.listen);
    match Live::build(bundle, &shared, None, Timestamp::now()) {
        Ok(live) => match [findings, live.served().troubles().to_vec()].concat() {
            findings if findings.is_empty() => Ok(()),
            findings => Err(ConfigError { findings }),
        },
        Err(error) => Err(ConfigError { findings: [error.findings, findings].concat() }),
    }
}

fn listen_findings(listen: &Listen) -> Vec<String> {
    let Listen { https, http, admin } = listen;
    let fields = [("https", https), ("http", http), ("admin", admin)];
    let wrong = fields.into_iter().filter(|(_, text)| text.parse::<std::net::SocketAddr>().is_err());
    wrong.map(|(field, text)| format!("listen.{field}: \"{text}\" is no address: write IP:PORT")).collect()
}

fn tell(shared: &Shared, live: &Live) {
    for trouble in live.served().troubles() {
        tracing::warn!("{trouble}");
    }
    shared.metrics.certificates_served(live.served().expiries());
    shared.metrics.reload_succeeded(&live.config().revision, live.loaded_at());
}

/// Sockets stay where they are: a port that moved under its connections would lose them.
fn moved_listeners(before: &Listen, after: &Listen) -> Option<String> {
    (before != after).then(|| {
        let moved = "listen: the new addresses take effect when the sidecar restarts; everything else is in force";
        tracing::warn!("{moved}");
        moved.to_owned()
    })
}
