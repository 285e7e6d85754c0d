//! The counters of all limits, by what the limit is: they outlive the configuration that named them.

/// The counters of all limits. One per process.
#[derive(Default)]
pub struct LimitStore {}
