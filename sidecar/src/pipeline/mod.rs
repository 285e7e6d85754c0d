//! One request from its head to its log line.

mod handle;
mod rules;
mod worker;

pub use handle::{handle, refuse};
pub use rules::{Inputs, Ports, Rules};
pub use worker::WorkerContext;
