//! What one worker brings to every request: clock, dice, counters and log.

use std::sync::Arc;

use crate::clock::Clock;
use crate::telemetry::access_log::AccessLog;
use crate::telemetry::metrics::WorkerMetrics;
use crate::wire::Draining;

/// What one worker brings to every request. The counters have one writer: never share a context between threads that
/// run at the same time.
pub struct WorkerContext {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// 128 random bits, for request ids; they need not be unguessable.
    pub random: fn() -> u128,
    /// The worker's own counters.
    pub metrics: Arc<WorkerMetrics>,
    /// The worker's end of the access log.
    pub access_log: AccessLog,
    /// Says when the pod begins to end.
    pub draining: Draining,
}
