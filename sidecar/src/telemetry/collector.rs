//! Sums the workers' counters when Prometheus asks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus::core::{Collector, Desc};
use prometheus::proto::{Bucket, Counter, Gauge, Histogram, LabelPair, Metric, MetricFamily, MetricType};

use super::catalogue::{self, Kind};
use super::counts::{BUCKETS, METHODS, RouteCounts, STATUSES, WorkerMetrics};
use crate::problem::Code;

const DECISIONS: [&str; 3] = ["admitted", "refused", "reported"];
const MODES: [&str; 2] = ["enforce", "report"];

/// The workers and the names of their slots; slots are only ever appended.
#[derive(Default)]
pub(super) struct Board {
    pub(super) workers: Vec<Arc<WorkerMetrics>>,
    pub(super) routes: Vec<Arc<str>>,
    pub(super) limits: Vec<Arc<str>>,
}

/// Sums the workers' counters.
pub(super) struct WorkerCollector {
    board: Arc<Mutex<Board>>,
    descriptions: Vec<Desc>,
}

const COLLECTED: [catalogue::Metric; 8] = [
    catalogue::REQUESTS,
    catalogue::DURATION,
    catalogue::REFUSALS,
    catalogue::DECISIONS,
    catalogue::REQUEST_BYTES,
    catalogue::RESPONSE_BYTES,
    catalogue::IN_FLIGHT,
    catalogue::PANICS,
];

impl WorkerCollector {
    pub(super) fn new(board: Arc<Mutex<Board>>) -> Result<Self, prometheus::Error> {
        let describe = |metric: &catalogue::Metric| {
            let labels = metric.labels.iter().map(|label| (*label).to_owned()).collect();
            Desc::new(metric.name.to_owned(), metric.help.to_owned(), labels, HashMap::new())
        };
        Ok(Self { board, descriptions: COLLECTED.iter().map(describe).collect::<Result<_, _>>()? })
    }
}

impl Collector for WorkerCollector {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
        let routes: Vec<(&str, Vec<&RouteCounts>)> = board
            .routes
            .iter()
            .enumerate()
            .map(|(at, name)| {
                let counts = board.workers.iter().filter_map(|worker| worker.routes.get(at)?.get().map(Box::as_ref));
                (&**name, counts.collect())
            })
            .filter(|(_, counts): &(&str, Vec<&RouteCounts>)| !counts.is_empty())
            .collect();
        let sum = |pick: fn(&WorkerMetrics) -> u64| board.workers.iter().map(|worker| pick(worker)).sum::<u64>();
        vec![
            family(&catalogue::REQUESTS, routes.iter().flat_map(|(name, counts)| requests(name, counts)).collect()),
            family(&catalogue::DURATION, routes.iter().map(|(name, counts)| duration(name, counts)).collect()),
            family(&catalogue::REFUSALS, routes.iter().flat_map(|(name, counts)| refusals(name, counts)).collect()),
            family(&catalogue::DECISIONS, decisions(&board)),
            family(
                &catalogue::REQUEST_BYTES,
                routes.iter().map(|(name, counts)| bytes(name, counts, |c| c.request_bytes.get())).collect(),
            ),
            family(
                &catalogue::RESPONSE_BYTES,
                routes.iter().map(|(name, counts)| bytes(name, counts, |c| c.response_bytes.get())).collect(),
            ),
            family(&catalogue::IN_FLIGHT, vec![gauge(sum(WorkerMetrics::in_flight))]),
            family(&catalogue::PANICS, vec![counter(&[], sum(|worker| worker.panics.get()))]),
        ]
    }
}

fn requests(route: &str, counts: &[&RouteCounts]) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for (at, method) in METHODS.iter().enumerate() {
        for status in 0..=STATUSES.len() {
            let one = |counts: &&RouteCounts| counts.requests.get(at)?.get()?.get(status).map(|count| count.get());
            let total: u64 = counts.iter().filter_map(one).sum();
            if total > 0 {
                let status = STATUSES.get(status).map_or_else(|| "other".to_owned(), u16::to_string);
                metrics.push(counter(&[("route", route), ("method", method), ("status", &status)], total));
            }
        }
    }
    metrics
}

fn duration(route: &str, counts: &[&RouteCounts]) -> Metric {
    let mut cumulative = 0;
    let mut buckets = Vec::with_capacity(BUCKETS.len());
    let total_of = |at: usize| counts.iter().filter_map(|c| c.buckets.get(at)).map(|count| count.get()).sum::<u64>();
    for (at, bound) in BUCKETS.iter().enumerate() {
        cumulative += total_of(at);
        let mut bucket = Bucket::default();
        bucket.set_cumulative_count(cumulative);
        bucket.set_upper_bound(*bound);
        buckets.push(bucket);
    }
    let micros: u64 = counts.iter().map(|counts| counts.micros.get()).sum();
    let mut histogram = Histogram::default();
    histogram.set_bucket(buckets);
    histogram.set_sample_count(cumulative + total_of(BUCKETS.len()));
    histogram.set_sample_sum(std::time::Duration::from_micros(micros).as_secs_f64());
    let mut metric = Metric::from_label(labels(&[("route", route)]));
    metric.set_histogram(histogram);
    metric
}

fn refusals(route: &str, counts: &[&RouteCounts]) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for (mode_at, mode) in MODES.iter().enumerate() {
        for code in Code::ALL {
            let one = |counts: &&RouteCounts| counts.refusals.get(mode_at)?.get(code.index()).map(|count| count.get());
            let total: u64 = counts.iter().filter_map(one).sum();
            if total > 0 {
                metrics.push(counter(&[("route", route), ("code", code.as_str()), ("mode", mode)], total));
            }
        }
    }
    metrics
}

fn decisions(board: &Board) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for (at, limit) in board.limits.iter().enumerate() {
        for (decision_at, decision) in DECISIONS.iter().enumerate() {
            let one = |w: &Arc<WorkerMetrics>| Some(w.limits.get(at)?.get()?.get(decision_at)?.get());
            let total: u64 = board.workers.iter().filter_map(one).sum();
            if total > 0 {
                metrics.push(counter(&[("limit", limit), ("decision", decision)], total));
            }
        }
    }
    metrics
}

fn bytes(route: &str, counts: &[&RouteCounts], pick: fn(&RouteCounts) -> u64) -> Metric {
    counter(&[("route", route)], counts.iter().map(|counts| pick(counts)).sum())
}

fn family(metric: &catalogue::Metric, metrics: Vec<Metric>) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_name(metric.name.to_owned());
    family.set_help(metric.help.to_owned());
    family.set_field_type(match metric.kind {
        Kind::Counter => MetricType::COUNTER,
        Kind::Gauge => MetricType::GAUGE,
        Kind::Histogram => MetricType::HISTOGRAM,
    });
    family.set_metric(metrics);
    family
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus counts in floating point; whole to 2^53")]
fn counter(pairs: &[(&str, &str)], value: u64) -> Metric {
    let mut counter = Counter::default();
    counter.set_value(value as f64);
    let mut metric = Metric::from_label(labels(pairs));
    metric.set_counter(counter);
    metric
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus counts in floating point; whole to 2^53")]
fn gauge(value: u64) -> Metric {
    let mut gauge = Gauge::default();
    gauge.set_value(value as f64);
    Metric::from_gauge(gauge)
}

/// In the order of their names, as the text format's readers expect of equal series.
fn labels(pairs: &[(&str, &str)]) -> Vec<LabelPair> {
    let mut pairs = pairs.to_vec();
    pairs.sort_unstable();
    let pair = |(name, value): (&str, &str)| {
        let mut label = LabelPair::default();
        label.set_name(name.to_owned());
        label.set_value(value.to_owned());
        label
    };
    pairs.into_iter().map(pair).collect()
}
