//! What a sidecar is started with.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use shipshape_crds::protocol::AppProtocol;
use shipshape_crds::sidecar_config::Listen;

use super::connection::MAX_IN_FLIGHT;

/// Connections of the whole pod: with about 30 KB for an idle one over TLS, 300 MB at most.
const MAX_CONNECTIONS: usize = 10_000;
/// Files that are kept for everything but connections of clients: ports, the admin's connections, configuration, logs.
const RESERVED_FILES: usize = 96;
/// The CPU limit of this container (control groups, version 2). Without a limit one worker is enough: a pod that may
/// use a whole node rarely needs more in front of one app.
const CPU_LIMIT: &str = "/sys/fs/cgroup/cpu.max";

/// What a sidecar is started with. What is `None` is read from the configuration.
pub struct Options {
    /// The configuration's file; other files are relative to its folder.
    pub config: PathBuf,
    /// Where to accept TLS; port 0 takes a free one.
    pub https: Option<SocketAddr>,
    /// Where to accept plain HTTP.
    pub http: Option<SocketAddr>,
    /// Where to answer probes, metrics and the operator.
    pub admin: Option<SocketAddr>,
    /// Where the app listens.
    pub app: Option<SocketAddr>,
    /// What the app speaks there.
    pub app_protocol: Option<AppProtocol>,
    /// Where the app tells its health.
    pub health_pages: HealthPages,
    /// How many workers; by default one for each whole core of the CPU limit, and one without a limit.
    pub workers: Option<usize>,
    /// How many connections of clients may be open; more are closed at once.
    pub max_connections: usize,
    /// The socket through which a drain can be started.
    pub control: Control,
    /// The pod's UID, told on `/revision`.
    pub pod_uid: Option<String>,
    /// Where the access log goes.
    pub access_log: Box<dyn Write + Send>,
    /// Whether SIGTERM and SIGINT end the sidecar.
    pub ends_on_signals: bool,
}

/// Where the app tells its health: what is `None` is read from the configuration, and an empty page means that a
/// connection is enough.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HealthPages {
    /// Whether it lives.
    pub live: Option<String>,
    /// Whether it can serve.
    pub ready: Option<String>,
}

/// The socket through which a drain can be started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Control {
    /// None: whoever embeds the sidecar drains it.
    #[default]
    Off,
    /// The usual one, if it can be had: several sidecars of one machine cannot share it, and must all serve.
    Usual,
    /// This one, or the sidecar does not start.
    At(PathBuf),
}

/// The addresses that a sidecar took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// TLS.
    pub https: SocketAddr,
    /// Plain HTTP.
    pub http: SocketAddr,
    /// Probes, metrics, revision.
    pub admin: SocketAddr,
}

impl Addresses {
    /// The line that a command prints when it serves: scripts read the addresses from it.
    #[must_use]
    pub fn serving(&self) -> String {
        let Self { https, http, admin } = self;
        format!(r#"{{"msg":"serving","https":"{https}","http":"{http}","admin":"{admin}"}}"#)
    }
}

impl Options {
    /// A sidecar as a container runs it: everything from the file, the access log on standard output.
    #[must_use]
    pub fn new(config: PathBuf) -> Self {
        Self {
            config,
            https: None,
            http: None,
            admin: None,
            app: None,
            app_protocol: None,
            health_pages: HealthPages::default(),
            workers: None,
            max_connections: MAX_CONNECTIONS,
            control: Control::Off,
            pod_uid: None,
            access_log: Box::new(std::io::stdout()),
            ends_on_signals: false,
        }
    }

    /// The addresses to listen on: what the command line says wins over the file.
    ///
    /// # Errors
    /// When the file's text is no address.
    pub(super) fn addresses(&self, listen: &Listen) -> anyhow::Result<Addresses> {
        Ok(Addresses {
            https: address("listen.https", self.https, &listen.https)?,
            http: address("listen.http", self.http, &listen.http)?,
            admin: address("listen.admin", self.admin, &listen.admin)?,
        })
    }

    /// How many connections of clients may be open: as many as were said, unless the process may not open so many
    /// files. Each whose request is in flight needs one to the app as well, and the admin port must always have some left.
    pub(super) fn connection_budget(&self) -> usize {
        let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let files = files.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX);
        self.max_connections.min(connections_with(files))
    }

    /// How many workers to start.
    pub(super) fn worker_count(&self) -> usize {
        let limit = || std::fs::read_to_string(CPU_LIMIT).ok().and_then(|text| whole_cores(&text)).unwrap_or(1);
        self.workers.unwrap_or_else(limit).max(1)
    }
}

/// How many connections so many files suffice for.
fn connections_with(files: usize) -> usize {
    let files = files.saturating_sub(RESERVED_FILES);
    (files / 2).max(files.saturating_sub(MAX_IN_FLIGHT))
}

/// Whole cores of a limit as the kernel writes it: `QUOTA PERIOD`, or `max PERIOD` for none.
fn whole_cores(text: &str) -> Option<usize> {
    let mut numbers = text.split_ascii_whitespace().map(|word| word.parse::<usize>().ok());
    numbers.next()??.checked_div(numbers.next()??)
}

fn address(field: &str, said: Option<SocketAddr>, text: &str) -> anyhow::Result<SocketAddr> {
    said.map_or_else(
        || {
            text.parse()
                .with_context(|| format!("{field}: \"{text}\" is no address: write IP:PORT, such as 0.0.0.0:8443"))
        },
        Ok,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_below_a_core_or_none_is_one_worker() {
        assert_eq!(whole_cores("250000 100000\n"), Some(2));
        assert_eq!(whole_cores("50000 100000\n"), Some(0));
        assert_eq!(whole_cores("max 100000\n"), None);
        assert_eq!(Options { workers: Some(0), ..Options::new("x".into()) }.worker_count(), 1);
    }

    #[test]
    fn every_request_in_flight_has_a_file_for_the_app() {
        for (files, connections) in [(0, 0), (96, 0), (1024, 464), (20_000, 11_712), (1 << 20, 1_040_288)] {
            assert_eq!(connections_with(files), connections, "{files}");
            let in_flight = connections.min(MAX_IN_FLIGHT);
            assert!(connections + in_flight + RESERVED_FILES <= files.max(RESERVED_FILES));
        }
    }

    #[test]
    fn what_the_command_line_says_wins() {
        let any = || "127.0.0.1:0".to_owned();
        let listen = Listen { https: any(), http: "x".to_owned(), admin: any() };
        let said = "127.0.0.1:1".parse().ok();
        let taken = Options { http: said, ..Options::new("x".into()) }.addresses(&listen).unwrap();
        assert_eq!(Some(taken.http), said);
        let error = Options::new("x".into()).addresses(&listen).unwrap_err();
        assert!(error.to_string().contains("listen.http"), "{error}");
    }
}
