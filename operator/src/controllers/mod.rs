//! The loops: one for services, one for keys, one for the certificate authority.

mod api_key;
mod api_service;
mod authority;
mod context;
mod key_status;
mod peppers;
mod retry;
mod scope;
mod seen;
mod streams;
mod triggers;

pub use self::{
    authority::Keeper,
    context::{Context, Shared},
    scope::run,
};
