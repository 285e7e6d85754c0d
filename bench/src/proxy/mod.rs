//! The proxies that are measured. One more is a type that keeps [`Proxy`], and a line in `run.rs`.

mod contract;
mod process;
mod sidecar;

pub use contract::{Place, Proxy, Running};
pub use process::Process;
pub use sidecar::Sidecar;
