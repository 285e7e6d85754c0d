//! Everything that is wrong with a service, each with its field and what to write instead.

mod auth;
mod cors;
mod finding;
mod limits;
mod routes;
mod scope;
mod service;
mod subject;
mod timeouts;
mod tls;

pub use finding::{Finding, Severity};
pub use service::validate;
pub use subject::Subject;
