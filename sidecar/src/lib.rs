//! The sidecar: it stands in front of the app inside the pod and enforces the policy.

pub mod answer;
pub mod clock;
pub mod counters;
pub mod facts;
pub mod filters;
pub mod json;
pub mod live_config;
pub mod pipeline;
pub mod problem;
pub mod secrets;
pub mod server;
pub mod telemetry;
#[cfg(test)]
mod testing;
pub mod tls;
pub mod transfer;
pub mod wire;
