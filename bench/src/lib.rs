//! What a proxy costs per request, at its start and at rest, measured on loopback.
//!
//! In reading order:
//!
//! - [`scenario`]: what is measured, and with which policy
//! - [`proxy`]: how each proxy is started; ours is one of them
//! - [`upstream`], [`client`], [`load`]: the app behind it and the clients before it
//! - [`checks`]: a proxy that answers wrongly is not measured
//! - [`rounds`], [`syscalls`], [`footprint`], [`instructions`]: the measurements
//! - [`procfs`], [`figures`]: what the kernel counted, and what follows from it
//! - [`goals`]: what the figures are held to
//! - [`report`], [`table`], [`markdown`], [`picture`]: how they are kept and shown

pub mod arguments;
pub mod binary;
pub mod checks;
pub mod client;
pub mod cores;
pub mod credentials;
pub mod figures;
pub mod footprint;
pub mod goals;
pub mod instructions;
pub mod load;
pub mod markdown;
pub mod message;
pub mod picture;
pub mod procfs;
pub mod proxy;
pub mod report;
pub mod rounds;
pub mod run;
#[cfg(test)]
mod sample;
pub mod scenario;
pub mod syscalls;
pub mod table;
pub mod upstream;
