//! What a proxy must be able to do to be measured.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::process::Process;
use crate::client::Target;
use crate::credentials::Credentials;
use crate::scenario::Setup;

/// Where a proxy runs and what it is given.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// An empty folder of its own, gone afterwards.
    pub folder: &'a Path,
    /// The app behind it.
    pub upstream: SocketAddr,
    /// The certificate and the keys.
    pub credentials: &'a Credentials,
    /// The core that it has for itself.
    pub core: usize,
}

/// A proxy that serves.
pub struct Running {
    /// Its process.
    pub process: Process,
    /// Where it accepts plain HTTP.
    pub http: SocketAddr,
    /// Where it accepts TLS.
    pub https: SocketAddr,
    /// Its metrics: address and path, where it has them on a port of their own.
    pub metrics: Option<(SocketAddr, &'static str)>,
    /// Where it writes its access log.
    pub access_log: PathBuf,
}

/// A proxy that can be measured, with one worker thread.
pub trait Proxy {
    /// Its name in reports.
    fn name(&self) -> &'static str;

    /// Bytes of its program.
    ///
    /// # Errors
    /// When it is not there.
    fn size(&self) -> Result<u64>;

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
    pub fn target(&self, setup: Setup, credentials: &Credentials) -> Target {
        match setup {
            Setup::Plain => Target { address: self.http, tls: None },
            Setup::Tls | Setup::Full => Target { address: self.https, tls: Some(credentials.client.clone()) },
        }
    }

    /// The ids of all its processes.
    #[must_use]
    pub fn pids(&self) -> Vec<u32> {
        vec![self.process.id()]
    }
}
