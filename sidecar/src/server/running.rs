//! Starting a sidecar, and holding one that runs.

use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::Context as _;
use shipshape_crds::sidecar_config::SidecarConfig;
use tokio::net::TcpListener;

use super::accept::listen;
use super::connection::Given;
use super::control;
use super::control_thread::{Listeners, Parts, Signals, run};
use super::drain::Drain;
use super::options::{Addresses, Options};
use super::worker::Workers;
use crate::clock::SystemClock;
use crate::counters::LimitStore;
use crate::live_config::{Bundle, LiveConfig, Shared};
use crate::pipeline::{Ports, WorkerContext};
use crate::telemetry::access_log::Sink;
use crate::telemetry::metrics::SidecarMetrics;
use crate::tls::Tickets;

/// A sidecar that serves.
pub struct Running {
    addresses: Addresses,
    drain: Arc<Drain>,
    live: Arc<LiveConfig>,
    control: JoinHandle<()>,
}

/// Starts a sidecar. It serves when this returns.
///
/// # Errors
/// Everything that keeps it from serving: what is wrong with the configuration, addresses that are taken.
pub fn start(options: Options) -> anyhow::Result<Running> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the control thread's runtime: are file descriptors left?")?;
    let prepared = {
        let _entered = runtime.enter();
        prepare(options)
    };
    let (parts, addresses) = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            // The caller may be a task of another runtime, where a runtime must not be waited for.
            runtime.shutdown_background();
            return Err(error);
        }
    };
    let (live, drain) = (Arc::clone(&parts.live), Arc::clone(&parts.drain));
    let control = std::thread::Builder::new()
        .name("control".to_owned())
        .spawn(move || run(runtime, parts))
        .context("cannot start the control thread: is the limit of processes reached?")?;
    Ok(Running { addresses, drain, live, control })
}

fn prepare(mut options: Options) -> anyhow::Result<(Parts, Addresses)> {
    let config = Bundle::read(&options.config)?.config;
    let (listeners, addresses) = bind(&options, &config)?;
    let metrics = SidecarMetrics::new()?;
    let shared = Shared {
        limits: Arc::new(LimitStore::default()),
        metrics: Arc::clone(&metrics),
        tickets: Tickets::new()?,
        ports: Ports { https: addresses.https.port(), http: addresses.http.port() },
        app: options.app,
        app_protocol: options.app_protocol,
    };
    let live = Arc::new(LiveConfig::load(&options.config, shared)?);
    let drain = Arc::new(Drain::default());
    let out = std::mem::replace(&mut options.access_log, Box::new(std::io::sink()));
    let log = Sink::start(out, &metrics.access_log_dropped).context("cannot start the access log's thread")?;
    let locals = (0..options.worker_count()).map(|_| local(&live, &log, &drain, &metrics)).collect();
    let workers = Arc::new(Workers::start(locals, &metrics, options.connection_budget())?);
    let signals = options.ends_on_signals.then(Signals::listen).transpose().context("cannot listen to signals")?;
    Ok((Parts { options, listeners, live, drain, workers, log, signals }, addresses))
}

impl Running {
    /// The addresses that it took.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// The configuration in force.
    #[must_use]
    pub fn live(&self) -> &Arc<LiveConfig> {
        &self.live
    }

    /// Begins a drain: it goes on accepting and says goodbye on every connection.
    pub fn drain(&self) {
        self.drain.begin();
    }

    /// Tells it to end once what is in flight is finished; [`Running::wait`] waits for that.
    pub fn stop(&self) {
        self.drain.stop();
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it ended by a defect.
    pub fn wait(self) -> anyhow::Result<()> {
        self.control.join().map_err(|_| anyhow::anyhow!("the control thread ended by a defect"))
    }
}

fn bind(options: &Options, config: &SidecarConfig) -> anyhow::Result<(Listeners, Addresses)> {
    let wanted = options.addresses(&config.listen)?;
    let control = control::open_as_asked(&options.control)?;
    let (https, http, admin) = (listen(wanted.https)?, listen(wanted.http)?, listen(wanted.admin)?);
    let admin = TcpListener::from_std(admin)?;
    let taken = Addresses { https: https.local_addr()?, http: http.local_addr()?, admin: admin.local_addr()? };
    Ok((Listeners { https, http, admin, control }, taken))
}

fn local(live: &Arc<LiveConfig>, log: &Sink, drain: &Arc<Drain>, metrics: &Arc<SidecarMetrics>) -> Given {
    let context = WorkerContext {
        clock: Arc::new(SystemClock::start()),
        random: || fastrand::u128(..),
        metrics: metrics.worker(),
        access_log: log.worker(),
        draining: drain.began(),
    };
    let (live, drain, metrics) = (Arc::clone(live), Arc::clone(drain), Arc::clone(metrics));
    Given { live, context, drain, metrics }
}
