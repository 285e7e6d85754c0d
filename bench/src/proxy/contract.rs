//! What a proxy must be able to do to be measured.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::process::Process;
use crate::credentials::{Credentials, Identity};
use crate::scenario::Setup;

/// Where a proxy runs and what it is given.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// An empty folder of its own, gone afterwards.
    pub folder: &'a Path,
    /// The app behind it.
    pub upstream: SocketAddr,
    /// The certificate, the keys and the tokens.
    pub credentials: &'a Credentials,
    /// The core that it has for itself.
    pub core: usize,
}

/// A proxy that serves.
pub struct Running {
    /// Its processes.
    pub process: Process,
    /// Where it accepts plain HTTP.
    pub http: SocketAddr,
    /// Where it accepts TLS.
    pub https: SocketAddr,
    /// Its metrics: address and path, where it has them on a port of their own.
    pub metrics: Option<(SocketAddr, &'static str)>,
    /// Where it writes its access log, where it has one in this setup.
    pub access_log: Option<PathBuf>,
}

/// What a proxy does with the full policy, as far as proxies differ.
#[derive(Debug, Clone, Copy)]
pub struct Promises {
    /// How it learns who asks.
    pub identity: Identity,
    /// Whether it proves credentials; else it only asks that there are some.
    pub proves: bool,
    /// Fields of every answer, beside those that all proxies send.
    pub fields: &'static [&'static str],
}

/// A proxy that can be measured, with one worker thread.
pub trait Proxy {
    /// Its name in reports.
    fn name(&self) -> &'static str;

    /// Which version it is.
    fn version(&self) -> &str;

    /// What it does with the full policy.
    fn promises(&self) -> Promises;

    /// Its program.
    fn program(&self) -> &Path;

    /// Starts the program with TLS on this address and returns at once: it may not serve yet.
    ///
    /// # Errors
    /// When its files cannot be written or it cannot be started.
    fn spawn(&self, setup: Setup, place: Place<'_>, https: SocketAddr) -> Result<Process>;

    /// Starts it on free ports and waits until it serves.
    ///
    /// # Errors
    /// When it does not serve in time; says what it printed.
    fn start(&self, setup: Setup, place: Place<'_>) -> Result<Running>;
}

impl Running {
    /// Where clients of this setup connect to.
    #[must_use]
    pub fn address(&self, setup: Setup) -> SocketAddr {
        if setup.has_tls() { self.https } else { self.http }
    }
}
