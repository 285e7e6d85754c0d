//! The sidecar from outside: the real program on loopback, with a small app behind it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and shows what the program said"
)]

mod admin;
mod app_faults;
mod certificates;
mod common;
mod draining;
mod embedded;
mod http1;
mod http2;
mod reload;
mod serving;
mod slow_clients;
mod start;
mod upstream;
