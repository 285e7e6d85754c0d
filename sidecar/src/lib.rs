//! The sidecar: it stands in front of the app inside the pod and enforces the policy.
//!
//! ```text
//! accept → TLS → head → [ route → screen → preflight → identify → authorise → meter → inspect → forward ] → dress → record
//! ```
//!
//! In reading order:
//!
//! - [`wire`]: what filters see of a connection, whatever library stands behind it
//! - [`facts`], [`answer`], [`problem`], [`transfer`]: what is known of a request, and how it can end
//! - [`pipeline`]: the order of the protections; each phase asks for the proof of the one before
//! - [`filters`]: one protection per file, made once from the policy, asked once per request
//! - [`counters`]: how often something happened in a stretch of time
//! - [`telemetry`], [`json`], [`secrets`]: metrics, and one line for every request, without its secrets
//! - [`live_config`], [`tls`], [`server`], [`clock`]: files that may change, sockets, workers, the end

mod address_text;
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
mod text_blocks;
pub mod tls;
pub mod transfer;
pub mod wire;
