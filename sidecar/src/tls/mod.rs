//! TLS as clients meet it: certificates by name, versions, session tickets, and what a connection is known by.

mod accept;
mod certificates;
mod chain;
mod error;
mod facts;
mod failure;
mod identity;
mod names;
mod pem;
mod renewal;
mod server;
#[cfg(test)]
mod tests;
mod tickets;

pub use accept::{Accepting, accept};
pub use certificates::Certificates;
pub use error::TlsError;
pub use facts::TlsFacts;
pub use identity::Identity;
pub use names::CertificateNames;
pub use renewal::{Renewed, renew};
pub use server::server_config;
pub use tickets::Tickets;
