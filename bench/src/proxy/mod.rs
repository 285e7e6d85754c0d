//! The proxies that are measured. One more is a recipe and its two configurations, and a line in [`lineup`].

mod contract;
mod envoy;
mod haproxy;
mod lineup;
mod nginx;
mod peer;
mod process;
mod sidecar;

pub use contract::{Place, Promises, Proxy, Running};
pub use lineup::{Choice, lineup};
pub use process::Process;
pub use sidecar::config as sidecar_config;
