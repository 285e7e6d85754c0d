//! One request from its head to its log line.

mod handle;
mod rules;
mod worker;

pub use crate::filters::https_redirect::Ports;
pub use handle::{handle, refuse};
pub use rules::{Inputs, Rules};
pub use worker::WorkerContext;
