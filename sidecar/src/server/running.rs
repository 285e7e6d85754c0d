//! A sidecar from its start to its end: a control thread, and workers.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context as _;
use shipshape_crds::sidecar_config::SidecarConfig;
use tokio::net::{TcpListener, UnixListener};
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use super::accept::{accept, listen};
use super::admin::{self, Admin};
use super::app_health::AppHealth;
use super::connection::{Local, Port};
use super::control;
use super::drain::Drain;
use super::options::{Addresses, Options};
use super::worker::Workers;
use crate::clock::SystemClock;
use crate::counters::LimitStore;
use crate::live_config::{Bundle, LiveConfig, Shared, watch};
use crate::pipeline::{Ports, WorkerContext};
use crate::telemetry::access_log::Sink;
use crate::telemetry::metrics::SidecarMetrics;
use crate::tls::Tickets;

/// How long the last lines of the access log may take.
const LAST_LINES: Duration = Duration::from_secs(1);

/// A sidecar that serves.
pub struct Running {
    addresses: Addresses,
    drain: Arc<Drain>,
    live: Arc<LiveConfig>,
    control: JoinHandle<()>,
}

/// Everything that the control thread owns.
struct Parts {
    options: Options,
    listeners: Listeners,
    live: Arc<LiveConfig>,
    drain: Arc<Drain>,
    workers: Arc<Workers>,
    log: Sink,
}

struct Listeners {
    https: TcpListener,
    http: TcpListener,
    admin: TcpListener,
    control: Option<UnixListener>,
}

/// Starts a sidecar. It serves when this returns.
///
/// # Errors
/// Everything that keeps it from serving: what is wrong with the configuration, addresses that are taken.
pub fn start(mut options: Options) -> anyhow::Result<Running> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the control thread's runtime: are file descriptors left?")?;
    let config = Bundle::read(&options.config)?.config;
    let (listeners, addresses) = runtime.block_on(async { bind(&options, &config) })?;
    let metrics = SidecarMetrics::new()?;
    let shared = Shared {
        limits: Arc::new(LimitStore::default()),
        metrics: Arc::clone(&metrics),
        tickets: Tickets::new()?,
        ports: Ports { https: addresses.https.port(), http: addresses.http.port() },
        app: options.app,
    };
    let live = Arc::new(LiveConfig::load(&options.config, shared)?);
    let drain = Arc::new(Drain::default());
    let out = std::mem::replace(&mut options.access_log, Box::new(std::io::sink()));
    let log = Sink::start(out, &metrics.access_log_dropped).context("cannot start the access log's thread")?;
    let locals = (0..options.worker_count()).map(|_| local(&live, &log, &drain, &metrics)).collect();
    let workers = Arc::new(Workers::start(locals, &metrics)?);
    let parts = Parts { options, listeners, live: Arc::clone(&live), drain: Arc::clone(&drain), workers, log };
    let control = std::thread::Builder::new()
        .name("control".to_owned())
        .spawn(move || run(&runtime, parts))
        .context("cannot start the control thread: is the limit of processes reached?")?;
    Ok(Running { addresses, drain, live, control })
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
    let control = options.control.as_deref().map(control::open).transpose()?;
    let (https, http, admin) = (listen(wanted.https)?, listen(wanted.http)?, listen(wanted.admin)?);
    let taken = Addresses { https: https.local_addr()?, http: http.local_addr()?, admin: admin.local_addr()? };
    Ok((Listeners { https, http, admin, control }, taken))
}

fn local(live: &Arc<LiveConfig>, log: &Sink, drain: &Arc<Drain>, metrics: &Arc<SidecarMetrics>) -> Local {
    let context = WorkerContext {
        clock: Arc::new(SystemClock::start()),
        random: || fastrand::u128(..),
        metrics: metrics.worker(),
        access_log: log.worker(),
    };
    let (live, drain, metrics) = (Arc::clone(live), Arc::clone(drain), Arc::clone(metrics));
    Local { live, context, pool: Arc::default(), drain, metrics }
}

/// The control thread: it accepts, answers the admin port, watches the files, and ends everything in order.
fn run(runtime: &Runtime, parts: Parts) {
    let Parts { options, listeners, live, drain, workers, log } = parts;
    let Listeners { https, http, admin, control } = listeners;
    runtime.block_on(async {
        let accepting = [(https, Port::Https), (http, Port::Http)]
            .map(|(listener, port)| tokio::spawn(accept(listener, port, Arc::clone(&workers), Arc::clone(&drain))));
        let health = AppHealth::new(Arc::clone(&live));
        let about = Admin {
            live: Arc::clone(&live),
            workers: Arc::clone(&workers),
            drain: Arc::clone(&drain),
            health,
            pod_uid: options.pod_uid,
        };
        let admin = tokio::spawn(admin::serve(admin, Arc::new(about)));
        tokio::spawn(watch(Arc::clone(&live)));
        if let Some(control) = control {
            tokio::spawn(control::serve(control, Arc::clone(&drain)));
        }
        if options.ends_on_signals {
            tokio::spawn(stop_on_signals(Arc::clone(&drain)));
        }
        drain.stopped().await;
        for accepting in accepting {
            // It ends by itself, unless by a defect, and then there is nothing to wait for.
            let _ = accepting.await;
        }
        workers.empty(drain.deadline(live.current().drain())).await;
        admin.abort();
    });
    drop(runtime.block_on(async { options.control.map(std::fs::remove_file) }));
    if let Ok(workers) = Arc::try_unwrap(workers) {
        workers.join();
    }
    log.stop(LAST_LINES);
}

/// The first signal ends in order, the second at once.
async fn stop_on_signals(drain: Arc<Drain>) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals cannot be heard: the process ends only when it is killed");
        return;
    };
    let mut has_begun = false;
    loop {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        if has_begun {
            tracing::warn!("told twice to end: what is in flight is cut");
            std::process::exit(130);
        }
        has_begun = true;
        tracing::info!("told to end: what is in flight is finished first");
        drain.stop();
    }
}
