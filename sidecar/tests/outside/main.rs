//! The sidecar from outside: the real program on loopback, with a small app behind it.

mod admin;
mod app_faults;
mod common;
mod draining;
mod http1;
mod reload;
mod serving;
mod start;
