//! All metrics of the sidecar, and how they are rendered for a scrape.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use prometheus::core::Collector;
use prometheus::{IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder};

use super::catalogue::{self, Metric};
use super::collector::{Board, WorkerCollector};
use super::counts::{LIMITS, ROUTES};
use super::process::ProcessCollector;

pub use super::counts::{Count, Ended, LimitDecision, LimitSlot, Mode, RouteSlot, WorkerMetrics};

/// The label of requests that were refused before a route was known.
pub const UNROUTED: &str = "(unrouted)";
/// The label of what has no room for a label of its own.
const OVERFLOW: &str = "(overflow)";

/// The metrics of the whole sidecar. One per process: it survives reloads, so no counter ever falls.
pub struct SidecarMetrics {
    registry: Registry,
    board: Arc<Mutex<Board>>,
    /// Connections that are open now, by listener (`https`, `http`).
    pub connections: IntGaugeVec,
    /// Connections accepted, by listener.
    pub connections_accepted: IntCounterVec,
    /// Connections closed at once because the pod held too many.
    pub connections_refused: IntCounter,
    /// TLS handshakes, by `result`: `ok` or `failed`.
    pub tls_handshakes: IntCounterVec,
    tls_sessions: IntCounterVec,
    tls_failures: IntCounterVec,
    certificate_expires: IntGaugeVec,
    /// Lines of the access log that were lost because standard output was slow.
    pub access_log_dropped: IntCounter,
    reloads: IntCounterVec,
    last_reload: IntGauge,
    info: IntGaugeVec,
}

impl SidecarMetrics {
    /// Registers everything.
    ///
    /// # Errors
    /// When two metrics have the same name; only a defect could cause it.
    pub fn new() -> Result<Arc<Self>, prometheus::Error> {
        let board = Board { routes: vec![UNROUTED.into()], limits: vec![OVERFLOW.into()], workers: Vec::new() };
        let (registry, board) = (Registry::new(), Arc::new(Mutex::new(board)));
        registry.register(Box::new(WorkerCollector::new(Arc::clone(&board))?))?;
        registry.register(Box::new(ProcessCollector::new()?))?;
        Ok(Arc::new(Self {
            connections: register(&registry, gauges(catalogue::CONNECTIONS)?)?,
            connections_accepted: register(&registry, counters(catalogue::CONNECTIONS_ACCEPTED)?)?,
            connections_refused: register(&registry, IntCounter::with_opts(opts(catalogue::CONNECTIONS_REFUSED))?)?,
            tls_handshakes: register(&registry, counters(catalogue::TLS_HANDSHAKES)?)?,
            tls_sessions: register(&registry, counters(catalogue::TLS_SESSIONS)?)?,
            tls_failures: register(&registry, counters(catalogue::TLS_FAILURES)?)?,
            certificate_expires: register(&registry, gauges(catalogue::CERTIFICATE_EXPIRY)?)?,
            access_log_dropped: register(&registry, IntCounter::with_opts(opts(catalogue::LOG_DROPPED))?)?,
            reloads: register(&registry, counters(catalogue::RELOADS)?)?,
            last_reload: register(&registry, IntGauge::with_opts(opts(catalogue::LAST_RELOAD))?)?,
            info: register(&registry, gauges(catalogue::CONFIG_INFO)?)?,
            registry,
            board,
        }))
    }

    /// Counters for one more worker.
    #[must_use]
    pub fn worker(&self) -> Arc<WorkerMetrics> {
        let worker = Arc::new(WorkerMetrics::default());
        self.board().workers.push(Arc::clone(&worker));
        worker
    }

    /// Where a route's requests are counted; the same for the same name, also after a reload.
    #[must_use]
    pub fn route_slot(&self, name: &str) -> RouteSlot {
        RouteSlot(slot(&mut self.board().routes, name, ROUTES))
    }

    /// Where a limit's decisions are counted; the same for the same name, also after a reload.
    #[must_use]
    pub fn limit_slot(&self, name: &str) -> LimitSlot {
        LimitSlot(slot(&mut self.board().limits, name, LIMITS))
    }

    /// A TLS handshake succeeded; the version is one of two.
    pub fn handshake_succeeded(&self, version: &'static str, is_resumed: bool) {
        self.tls_handshakes.with_label_values(&["ok"]).inc();
        self.tls_sessions.with_label_values(&[version, if is_resumed { "resumed" } else { "full" }]).inc();
    }

    /// A TLS handshake failed; the reason is one of the few that the catalogue lists.
    pub fn handshake_failed(&self, reason: &'static str) {
        self.tls_handshakes.with_label_values(&["failed"]).inc();
        self.tls_failures.with_label_values(&[reason]).inc();
    }

    /// These certificates are served from now on: each with its name and when it ends, in seconds since 1970.
    pub fn certificates_served<'a>(&self, certificates: impl IntoIterator<Item = (&'a str, i64)>) {
        self.certificate_expires.reset();
        for (name, expires_at) in certificates {
            self.certificate_expires.with_label_values(&[name]).set(expires_at);
        }
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

    /// How many requests are being answered now.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.board().workers.iter().map(|worker| worker.in_flight()).sum()
    }

    /// Everything in Prometheus' text format.
    ///
    /// # Errors
    /// When a metric cannot be written; only a defect could cause it.
    pub fn render(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Appends a name, unless it is there. The last slot is shared by all that come when the others are taken: a reload
/// every minute with new names must not grow the memory for ever.
fn slot(names: &mut Vec<Arc<str>>, name: &str, capacity: usize) -> usize {
    if let Some(at) = names.iter().position(|known| **known == *name) {
        return at;
    }
    if names.len() < capacity {
        let name = if names.len() + 1 == capacity { OVERFLOW } else { name };
        names.push(name.into());
    }
    names.len() - 1
}

fn register<C: Collector + Clone + 'static>(registry: &Registry, collector: C) -> Result<C, prometheus::Error> {
    registry.register(Box::new(collector.clone())).map(|()| collector)
}

fn opts(metric: Metric) -> Opts {
    Opts::new(metric.name, metric.help)
}

fn counters(metric: Metric) -> Result<IntCounterVec, prometheus::Error> {
    IntCounterVec::new(opts(metric), metric.labels)
}

fn gauges(metric: Metric) -> Result<IntGaugeVec, prometheus::Error> {
    IntGaugeVec::new(opts(metric), metric.labels)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::problem::Code;

    fn ended(status: u16) -> Ended<'static> {
        let duration = Duration::from_millis(40);
        Ended { method: "GET", status, duration, request_bytes: 1, response_bytes: 2 }
    }

    #[test]
    fn the_workers_are_summed_and_a_reload_loses_nothing() {
        let metrics = SidecarMetrics::new().unwrap();
        let (one, two) = (metrics.worker(), metrics.worker());
        let browse = metrics.route_slot("browse");
        let limit = metrics.limit_slot("per-ip");
        one.begin();
        one.end(browse, &ended(200));
        one.decide(limit, LimitDecision::Refused);
        assert_eq!(metrics.route_slot("manage"), RouteSlot(2));
        assert_eq!(metrics.route_slot("browse"), browse);
        two.begin();
        two.begin();
        two.end(browse, &ended(200));
        two.refuse(browse, Code::RateLimited, Mode::Report);
        metrics.reload_succeeded("3f9c1a", Timestamp::UNIX_EPOCH);

        let text = metrics.render().unwrap();
        for line in [
            r#"shipshape_requests_total{method="GET",route="browse",status="200"} 2"#,
            r#"shipshape_request_duration_seconds_bucket{route="browse",le="0.025"} 0"#,
            r#"shipshape_request_duration_seconds_bucket{route="browse",le="0.05"} 2"#,
            r#"shipshape_request_duration_seconds_bucket{route="browse",le="+Inf"} 2"#,
            r#"shipshape_request_duration_seconds_count{route="browse"} 2"#,
            r#"shipshape_refusals_total{code="RATE_LIMITED",mode="report",route="browse"} 1"#,
            r#"shipshape_rate_limit_decisions_total{decision="refused",limit="per-ip"} 1"#,
            r#"shipshape_response_body_bytes_total{route="browse"} 4"#,
            "shipshape_requests_in_flight 1",
            r#"shipshape_config_info{revision="3f9c1a"} 1"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is missing in\n{text}");
        }
        assert_eq!(metrics.in_flight(), 1);
    }

    #[test]
    fn names_without_room_share_one_slot() {
        let mut names: Vec<Arc<str>> = vec!["first".into()];
        let slots: Vec<usize> = (0..5).map(|at| slot(&mut names, &format!("r{at}"), 3)).collect();
        assert_eq!(slots, [1, 2, 2, 2, 2]);
        assert_eq!(names.iter().map(|name| &**name).collect::<Vec<_>>(), ["first", "r0", OVERFLOW]);
    }

    #[test]
    fn what_is_rendered_is_what_the_catalogue_lists() {
        let metrics = SidecarMetrics::new().unwrap();
        let worker = metrics.worker();
        worker.end(RouteSlot::default(), &ended(200));
        worker.refuse(RouteSlot::default(), Code::NotFound, Mode::Enforce);
        worker.decide(LimitSlot::default(), LimitDecision::Admitted);
        metrics.connections.with_label_values(&["https"]).set(0);
        metrics.connections_accepted.with_label_values(&["https"]).inc_by(0);
        metrics.handshake_succeeded("TLSv1.3", false);
        metrics.handshake_failed("timeout");
        metrics.certificates_served([("built-in", 1)]);
        metrics.reload_succeeded("r", Timestamp::UNIX_EPOCH);
        let text = metrics.render().unwrap();
        let mut rendered: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
        let mut listed: Vec<&str> = catalogue::ALL.iter().map(|metric| metric.name).collect();
        rendered.sort_unstable();
        listed.sort_unstable();
        assert_eq!(rendered, listed);
    }
}
