//! All metrics of the sidecar, and how they are rendered for a scrape.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder, core::Collector};

/// The metrics of the whole sidecar. One per process: it survives reloads, so no counter ever falls.
pub struct SidecarMetrics {
    registry: Registry,
    workers: Arc<Mutex<Vec<Arc<WorkerMetrics>>>>,
    /// Connections that are open now, by listener (`https`, `http`).
    pub connections: IntGaugeVec,
    /// Connections accepted, by listener.
    pub connections_accepted: IntCounterVec,
    /// Connections closed at once because the pod held too many.
    pub connections_refused: IntCounter,
    /// TLS handshakes, by `result`: `ok` or `failed`.
    pub tls_handshakes: IntCounterVec,
    /// When the certificate that is served ends, in seconds since 1970.
    pub certificate_expires: IntGauge,
    /// Lines of the access log that were lost because standard output was slow.
    pub access_log_dropped: IntCounter,
    reloads: IntCounterVec,
    last_reload: IntGauge,
    info: IntGaugeVec,
}

/// The counters of one worker: it alone writes them.
#[derive(Default)]
pub struct WorkerMetrics {}

impl SidecarMetrics {
    /// Registers everything.
    ///
    /// # Errors
    /// When two metrics have the same name; only a defect could cause it.
    pub fn new() -> Result<Arc<Self>, prometheus::Error> {
        let registry = Registry::new();
        let metrics = Self {
            workers: Arc::default(),
            connections: gauges("shipshape_connections", "Connections open now", "listener")?,
            connections_accepted: counters("shipshape_connections_accepted_total", "Connections accepted", "listener")?,
            connections_refused: IntCounter::new("shipshape_connections_refused_total", "Connections refused")?,
            tls_handshakes: counters("shipshape_tls_handshakes_total", "TLS handshakes", "result")?,
            certificate_expires: IntGauge::new("shipshape_certificate_expiry_timestamp_seconds", "Certificate's end")?,
            access_log_dropped: IntCounter::new("shipshape_access_log_dropped_lines_total", "Lines lost")?,
            reloads: counters("shipshape_config_reloads_total", "Reloads of the configuration", "result")?,
            last_reload: IntGauge::new("shipshape_config_last_reload_timestamp_seconds", "Last successful reload")?,
            info: gauges("shipshape_config_info", "The revision in force", "revision")?,
            registry,
        };
        let own: [Box<dyn Collector>; 9] = [
            Box::new(metrics.connections.clone()),
            Box::new(metrics.connections_accepted.clone()),
            Box::new(metrics.connections_refused.clone()),
            Box::new(metrics.tls_handshakes.clone()),
            Box::new(metrics.certificate_expires.clone()),
            Box::new(metrics.access_log_dropped.clone()),
            Box::new(metrics.reloads.clone()),
            Box::new(metrics.last_reload.clone()),
            Box::new(metrics.info.clone()),
        ];
        own.into_iter().try_for_each(|collector| metrics.registry.register(collector))?;
        Ok(Arc::new(metrics))
    }

    /// Counters for one more worker.
    #[must_use]
    pub fn worker(&self) -> Arc<WorkerMetrics> {
        let worker = Arc::new(WorkerMetrics::default());
        self.workers.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&worker));
        worker
    }

    /// A configuration was read and is in force.
    pub fn reload_succeeded(&self, revision: &str, now: Timestamp) {
        self.reloads.with_label_values(&["ok"]).inc();
        self.last_reload.set(now.as_second());
        self.info.reset();
        self.info.with_label_values(&[revision]).set(1);
    }

    /// A configuration was refused; the last good one stays.
    pub fn reload_failed(&self) {
        self.reloads.with_label_values(&["failed"]).inc();
    }

    /// Everything in Prometheus' text format.
    ///
    /// # Errors
    /// When a metric cannot be written; only a defect could cause it.
    pub fn render(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

fn counters(name: &str, help: &str, label: &str) -> Result<IntCounterVec, prometheus::Error> {
    IntCounterVec::new(Opts::new(name, help), &[label])
}

fn gauges(name: &str, help: &str, label: &str) -> Result<IntGaugeVec, prometheus::Error> {
    IntGaugeVec::new(Opts::new(name, help), &[label])
}
