//! What probes and Prometheus see of the operator itself.

mod admin;
mod metrics;
mod watches;

pub use self::{
    admin::{Admin, Health},
    metrics::Metrics,
    watches::{WATCH_SECONDS, Watches},
};
