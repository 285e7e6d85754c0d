//! HTTP/2 (RFC 9113) on the `h2` crate, from clients and to the app.

mod allowance;
mod answer;
mod app;
mod client;
mod discard;
mod fields;
mod frames;
mod head;
mod hearing;
mod io;
mod life;
mod pace;
mod request_body;
mod server;
#[cfg(test)]
mod tests;
mod tunnel;

pub use app::{H2App, H2Pool};
pub(super) use server::serve_http2;
