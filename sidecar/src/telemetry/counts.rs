//! Counters with one writer: a load and a store, no locked instruction on the request path.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::problem::Code;

/// Upper bounds of the duration's buckets in seconds: those of the usual objectives, and finer ones below, where a
/// sidecar's own time would show.
pub const BUCKETS: [f64; 17] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0];
/// Methods that have a label of their own (RFC 9110, RFC 5789); the last stands for all others.
pub const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"];
/// Statuses that have a label of their own: those of IANA's registry and 499, sorted.
pub const STATUSES: [u16; 60] = [
    200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 307, 308, 400, 401, 402, 403, 404,
    405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 423, 424, 425, 426, 428, 429, 431,
    451, 499, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511, 520,
];
/// Routes that have counters of their own; more share the last.
pub const ROUTES: usize = 1024;
/// Limits that have counters of their own; more share the last.
pub const LIMITS: usize = 1024;

/// A number with one writer and any reader.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

/// Where a route's requests are counted; the default one is that of requests without a route.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RouteSlot(pub(super) usize);

/// Where a limit's decisions are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LimitSlot(pub(super) usize);

/// What a limit decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitDecision {
    /// It let the request pass.
    Admitted,
    /// It refused the request.
    Refused,
    /// It would have refused the request.
    Reported,
}

/// Whether a refusal was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The request was refused.
    Enforce,
    /// It would have been.
    Report,
}

/// The counters of one worker: it alone writes them, whoever scrapes reads them. Nothing is looked up by name on the
/// request path: rules carry the slots.
pub struct WorkerMetrics {
    pub(super) routes: Vec<OnceLock<Box<RouteCounts>>>,
    pub(super) limits: Vec<OnceLock<[Count; 3]>>,
    /// Requests begun and ended; the difference is in flight.
    pub(super) begun: Count,
    pub(super) ended: Count,
    /// Requests that ended in a panic.
    pub panics: Count,
}

/// The counters of one route.
pub struct RouteCounts {
    pub(super) requests: [OnceLock<Box<[Count; 61]>>; METHODS.len()],
    pub(super) buckets: [Count; BUCKETS.len() + 1],
    pub(super) micros: Count,
    pub(super) refusals: [Vec<Count>; 2],
    pub(super) request_bytes: Count,
    pub(super) response_bytes: Count,
}

/// What is counted of a request that ended.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    /// Its method.
    pub method: &'a str,
    /// The answer's status.
    pub status: u16,
    /// From the end of its head to the end of the answer.
    pub duration: Duration,
    /// Bytes of its body.
    pub request_bytes: u64,
    /// Bytes of the answer's body.
    pub response_bytes: u64,
}

impl Count {
    /// Adds. Only the owner may call it: two writers would lose counts.
    pub fn add(&self, number: u64) {
        self.0.store(self.0.load(Ordering::Relaxed).wrapping_add(number), Ordering::Relaxed);
    }

    /// The number now.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Default for WorkerMetrics {
    fn default() -> Self {
        Self {
            routes: std::iter::repeat_with(OnceLock::new).take(ROUTES).collect(),
            limits: std::iter::repeat_with(OnceLock::new).take(LIMITS).collect(),
            begun: Count::default(),
            ended: Count::default(),
            panics: Count::default(),
        }
    }
}

impl WorkerMetrics {
    /// A request begins.
    pub fn begin(&self) {
        self.begun.add(1);
    }

    /// A request ended.
    pub fn end(&self, route: RouteSlot, ended: &Ended<'_>) {
        self.ended.add(1);
        if let Some(counts) = self.route(route) {
            counts.end(ended);
        }
    }

    /// A request was refused, or would have been.
    pub fn refuse(&self, route: RouteSlot, code: Code, mode: Mode) {
        let counts = self.route(route).and_then(|counts| counts.refusals.get(mode as usize)?.get(code.index()));
        counts.into_iter().for_each(|count| count.add(1));
    }

    /// A limit decided.
    pub fn decide(&self, limit: LimitSlot, decision: LimitDecision) {
        let counts = self.limits.get(limit.0).map(|counts| counts.get_or_init(Default::default));
        let count = counts.and_then(|counts| counts.get(decision as usize));
        count.into_iter().for_each(|count| count.add(1));
    }

    /// Requests begun and not yet ended.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        let ended = self.ended.get();
        self.begun.get().saturating_sub(ended)
    }

    fn route(&self, slot: RouteSlot) -> Option<&RouteCounts> {
        Some(self.routes.get(slot.0)?.get_or_init(Box::default))
    }
}

impl Default for RouteCounts {
    fn default() -> Self {
        let codes = || std::iter::repeat_with(Count::default).take(Code::ALL.len()).collect();
        Self {
            requests: Default::default(),
            buckets: Default::default(),
            micros: Count::default(),
            refusals: [codes(), codes()],
            request_bytes: Count::default(),
            response_bytes: Count::default(),
        }
    }
}

impl RouteCounts {
    fn end(&self, ended: &Ended<'_>) {
        let &Ended { method, status, duration, request_bytes, response_bytes } = ended;
        let method = METHODS.iter().position(|known| *known == method).unwrap_or(METHODS.len() - 1);
        let statuses =
            self.requests.get(method).map(|m| m.get_or_init(|| Box::new(std::array::from_fn(|_| Count::default()))));
        let status = STATUSES.binary_search(&status).unwrap_or(STATUSES.len());
        statuses.and_then(|statuses| statuses.get(status)).into_iter().for_each(|count| count.add(1));
        let bucket = BUCKETS.partition_point(|bound| *bound < duration.as_secs_f64());
        self.buckets.get(bucket).into_iter().for_each(|count| count.add(1));
        self.micros.add(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX));
        self.request_bytes.add(request_bytes);
        self.response_bytes.add(response_bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted_and_of_one_length() {
        assert!(STATUSES.is_sorted() && BUCKETS.is_sorted());
        assert!(Code::ALL.iter().all(|code| STATUSES.contains(&code.status())));
    }

    #[test]
    fn a_request_is_counted_once_in_its_bucket() {
        let metrics = WorkerMetrics::default();
        metrics.begin();
        assert_eq!(metrics.in_flight(), 1);
        let ended = Ended {
            method: "BREW",
            status: 299,
            duration: Duration::from_millis(100),
            request_bytes: 3,
            response_bytes: 5,
        };
        metrics.end(RouteSlot::default(), &ended);
        let counts = metrics.routes[0].get().unwrap();
        assert_eq!(counts.requests[7].get().unwrap()[STATUSES.len()].get(), 1);
        assert_eq!(counts.buckets[7].get(), 1, "0.1 belongs to the bucket le=0.1");
        assert_eq!((counts.micros.get(), counts.response_bytes.get(), metrics.in_flight()), (100_000, 5, 0));
    }
}
