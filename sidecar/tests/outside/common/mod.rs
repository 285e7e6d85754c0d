//! What the tests share: a configuration, an app, the program, and clients.

mod app;
mod client;
mod config;
mod program;

pub use app::{App, Fickle, Raw};
pub use client::{Body, Http1, Http2, empty, exchange, read_all, tls, tls_by, tls_config, whole};
pub use config::Config;
pub use program::{Program, eventually, refused};
