//! Everything that a sidecar needs before it starts.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use shipshape_crds::sidecar_config::{Listen, SidecarConfig};
use shipshape_sidecar::server::{Options, Running, start};
use time::OffsetDateTime;

use super::asked::Asked;
use super::authority::CA_FILE;
use super::keys::NewKey;
use super::reading::{Reader, Reading};
use super::service_files::{Place, ServiceFiles};
use super::state::StateDir;
use crate::manifest::Found;

/// A service whose files lie where a sidecar reads them.
pub struct Prepared {
    /// The service.
    pub found: Box<Found>,
    /// Its files.
    pub files: ServiceFiles,
    /// What the sidecar is told.
    pub config: SidecarConfig,
    /// Keys that were made now.
    pub made: Vec<NewKey>,
    /// Where the app listens.
    pub app: SocketAddr,
    /// The CA's certificate.
    pub ca: PathBuf,
}

/// Reads the files and writes what the sidecar reads; nothing where something is wrong, which was told.
///
/// # Errors
/// When a file cannot be read or written.
pub fn prepare(asked: &Asked, reader: &mut Reader<'_>, out: &mut impl Write) -> anyhow::Result<Option<Prepared>> {
    let Reading::Sound(found) = reader.read(out)? else { return Ok(None) };
    let state = StateDir::open(state_path(asked)?)?;
    let app = asked.app.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, found.service.spec.app.port).into());
    let place = Place { listen: listen(asked), app };
    let mut files = ServiceFiles::open(&state, &found, place, OffsetDateTime::now_utc())?;
    let (config, made) = files.update(&found, asked.new_keys)?;
    Ok(Some(Prepared { found, files, config, made, app, ca: state.path(CA_FILE) }))
}

impl Prepared {
    /// Starts the sidecar, with its access log to there. It serves when this returns.
    ///
    /// # Errors
    /// When an address is taken.
    pub fn start(&self, access_log: Box<dyn Write + Send>) -> anyhow::Result<Running> {
        let mut options = Options::new(self.files.config_path());
        options.workers = Some(1);
        options.access_log = access_log;
        start(options)
    }
}

fn state_path(asked: &Asked) -> anyhow::Result<PathBuf> {
    let usual = || StateDir::usual(std::env::var_os("XDG_CONFIG_HOME").as_deref(), std::env::var_os("HOME").as_deref());
    asked.state.clone().map_or_else(usual, Ok)
}

fn listen(asked: &Asked) -> Listen {
    let written = SocketAddr::to_string;
    Listen { https: written(&asked.https), http: written(&asked.http), admin: written(&asked.admin) }
}
