//! The control thread: it answers the admin port, watches the files, and ends everything in order.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::accept::accept;
use super::admin::{self, Admin};
use super::app_health::AppHealth;
use super::connection::Port;
use super::control::{self, ControlSocket};
use super::drain::Drain;
use super::options::Options;
use super::worker::Workers;
use crate::live_config::{LiveConfig, watch};
use crate::telemetry::access_log::Sink;

/// How long the last lines of the access log may take.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Everything that the control thread owns.
pub struct Parts {
    /// What it was started with.
    pub options: Options,
    /// The sockets that it listens on.
    pub listeners: Listeners,
    /// The configuration in force.
    pub live: Arc<LiveConfig>,
    /// The end of the sidecar.
    pub drain: Arc<Drain>,
    /// The workers.
    pub workers: Arc<Workers>,
    /// The access log.
    pub log: Sink,
    /// The signals that end it.
    pub signals: Option<Signals>,
}

/// The signals that end a process in order. From the moment it exists the process no longer dies of them.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

/// The sockets that it listens on.
pub struct Listeners {
    /// TLS.
    pub https: std::net::TcpListener,
    /// Plain HTTP.
    pub http: std::net::TcpListener,
    /// The admin port.
    pub admin: TcpListener,
    /// The socket for `drain`.
    pub control: Option<ControlSocket>,
}

/// Runs until the process is told to end, and everything in flight is finished.
pub fn run(runtime: Runtime, parts: Parts) {
    let Parts { options, listeners, live, drain, workers, log, signals } = parts;
    let Listeners { https, http, admin, control } = listeners;
    // Connections to the admin port stay on this thread.
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        let accepting = [(https, Port::Https), (http, Port::Http)]
            .map(|(listener, port)| accept(listener, port, Arc::clone(&workers), Arc::clone(&drain)));
        let health = AppHealth::new(Arc::clone(&live), options.health_pages);
        let about = Admin {
            live: Arc::clone(&live),
            workers: Arc::clone(&workers),
            drain: Arc::clone(&drain),
            health,
            pod_uid: options.pod_uid,
        };
        tokio::task::spawn_local(admin::serve(admin, Rc::new(about)));
        tokio::spawn(watch(Arc::clone(&live)));
        if let Some(control) = control {
            tokio::spawn(control::serve(control, Arc::clone(&drain)));
        }
        if let Some(signals) = signals {
            tokio::spawn(stop_on(signals, Arc::clone(&drain)));
        }
        // A port ends only after that, or by a defect: then the process ends in order, to be started anew whole.
        let ports = futures::future::join_all(accepting.map(|port| async {
            if let Err(error) = port.await {
                tracing::error!(%error, "a port ended before its time: the sidecar ends with it");
                drain.stop();
            }
        }));
        ports.await;
        workers.empty(drain.deadline(live.current().drain())).await;
    });
    // With its tasks the last other holders of the workers go.
    drop((local, runtime));
    if let Ok(workers) = Arc::try_unwrap(workers) {
        workers.join();
    }
    log.stop(LAST_LINES);
}

impl Signals {
    /// Listens to SIGTERM and SIGINT. Must be called within a runtime.
    ///
    /// # Errors
    /// When the kernel does not allow it.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// The first signal ends in order, the second at once.
async fn stop_on(mut signals: Signals, drain: Arc<Drain>) {
    signals.next().await;
    // First of all: nothing that happens to a log line may keep it from ending.
    drain.stop();
    tracing::info!("told to end: what is in flight is finished first");
    signals.next().await;
    tracing::warn!("told twice to end: what is in flight is cut");
    std::process::exit(130);
}
