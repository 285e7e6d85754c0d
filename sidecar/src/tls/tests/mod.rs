//! Handshakes in memory, with a client of the same library.

mod accepting;
pub(super) mod authority;
mod handshake;
mod negotiation;
mod resumption;
mod selection;
mod trusting;
