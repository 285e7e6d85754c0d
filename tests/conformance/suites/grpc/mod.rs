//! gRPC with tonic on both ends: every kind of call, its ends, and how the sidecar refuses.

mod app;
mod caller;
pub mod calls;
pub mod ends;
pub mod refusals;
