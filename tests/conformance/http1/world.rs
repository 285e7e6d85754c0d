//! A sidecar between a raw client and a raw upstream; one case at a time has it for itself.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustls::ClientConfig;
use shipshape_tests::process::{Program, address, run};
use shipshape_tests::repository::root;
use tempfile::TempDir;

use super::client::Client;
use super::http2;
use super::upstream::{Connection, FENCE, Upstream};

/// How long what is certain to come may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A sidecar between a raw client and a raw upstream.
pub struct World {
    /// Where the sidecar accepts plain HTTP.
    pub http: SocketAddr,
    /// Where it accepts TLS.
    pub https: SocketAddr,
    /// What clients trust, and that they speak HTTP/2.
    pub tls: Arc<ClientConfig>,
    /// The upstream behind it.
    pub upstream: Upstream,
    _sidecar: Program,
    _state: TempDir,
}

/// Worlds that no case has at the moment: as many are started as cases run at once.
#[derive(Default)]
pub struct Worlds {
    free: Mutex<Vec<World>>,
    config: OnceLock<Result<TempDir, String>>,
}

impl Worlds {
    /// Does something in a world of its own. A world in which it failed is not used again.
    pub fn with<T>(&self, work: impl FnOnce(&World) -> Result<T>) -> Result<T> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let world = match free {
            Some(world) => world,
            None => World::start(self.config()?)?,
        };
        let done = work(&world)?;
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(world);
        Ok(done)
    }

    /// The file that the operator would mount.
    fn config(&self) -> Result<&TempDir> {
        let config = self.config.get_or_init(|| configured().map_err(|error| format!("{error:#}")));
        config.as_ref().map_err(|error| anyhow::Error::msg(error.clone()))
    }
}

fn configured() -> Result<TempDir> {
    let state = TempDir::new()?;
    let service = root().join("tests/conformance/http1/service.yaml").display().to_string();
    let folder = state.path().display().to_string();
    let any = "127.0.0.1:0";
    run(
        "shipshape",
        &["local", "-f", &service, "--state", &folder, "--print-config"]
            .into_iter()
            .chain(["--https", any, "--http", any, "--admin", any, "--app", "127.0.0.1:9"])
            .collect::<Vec<_>>(),
    )?;
    Ok(state)
}

impl World {
    fn start(config: &TempDir) -> Result<Self> {
        let (upstream, state) = (Upstream::start()?, TempDir::new()?);
        let file = config.path().join("conformance.json").display().to_string();
        let (control, app) = (state.path().join("control.sock").display().to_string(), upstream.address.to_string());
        let any = "127.0.0.1:0";
        let mut sidecar = Program::start(
            "shipshape-sidecar",
            &["run", "--config", &file, "--control", &control, "--app", &app]
                .into_iter()
                .chain(["--https", any, "--http", any, "--admin", any])
                .collect::<Vec<_>>(),
        )?;
        let serving = sidecar.serving()?;
        let (http, https) = (address(&serving, "http")?, address(&serving, "https")?);
        let tls = http2::config(config.path())?;
        Ok(Self { http, https, tls, upstream, _sidecar: sidecar, _state: state })
    }

    /// Sends a request of the suite's own through the sidecar and says over which of the upstream's connections it
    /// came. All that was sent upstream on new connections before it has been accepted by then.
    pub fn fence(&self) -> Result<usize> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let target = format!("{FENCE}{}", NEXT.fetch_add(1, Relaxed));
        let mut client = Client::connect(self.http, false)?;
        client.write(format!("GET {target} HTTP/1.1\r\nHost: fence\r\nConnection: close\r\n\r\n").as_bytes());
        client.read_to_end(PATIENCE);
        let told = &client.told;
        let is_right = |answer: &&super::message::Message| answer.status() == 200 && answer.body == target.as_bytes();
        ensure!(told.answers.len() == 1 && told.broken.is_none(), "the next request was answered {told:?}");
        told.answers.first().filter(is_right).with_context(|| format!("the next request was answered {told:?}"))?;
        let seen = self.upstream.seen();
        let came = |connection: &&Connection| connection.fences.contains(&target);
        Ok(seen.iter().find(came).context("the next request was answered, and did not reach the upstream")?.number)
    }
}
