//! The control thread: it accepts, answers the admin port, watches the files, and ends everything in order.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use super::accept::accept;
use super::admin::{self, Admin};
use super::app_health::AppHealth;
use super::connection::Port;
use super::control;
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
}

/// The sockets that it listens on.
pub struct Listeners {
    /// TLS.
    pub https: TcpListener,
    /// Plain HTTP.
    pub http: TcpListener,
    /// The admin port.
    pub admin: TcpListener,
    /// The socket for `drain`.
    pub control: Option<UnixListener>,
}

/// Runs until the process is told to end, and everything in flight is finished.
pub fn run(runtime: &Runtime, parts: Parts) {
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
