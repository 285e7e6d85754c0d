//! What the sidecar tells about itself: metrics for Prometheus, and one line for every request.

pub mod access_log;
pub mod catalogue;
mod collector;
mod counts;
#[cfg(test)]
mod docs;
pub mod line;
pub mod metrics;
mod process;
mod timestamp;
