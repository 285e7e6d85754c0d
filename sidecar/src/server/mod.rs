//! What stands around the pipeline: sockets, TLS, workers, the admin port, and the end.

mod accept;
mod admin;
mod app_health;
mod connection;
mod control;
mod control_thread;
mod drain;
mod options;
mod running;
mod worker;

pub use control::{DEFAULT_CONTROL, request_drain};
pub use drain::Drain;
pub use options::{Addresses, Control, HealthPages, Options};
pub use running::{Running, start};
