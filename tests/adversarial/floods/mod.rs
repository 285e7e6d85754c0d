//! Floods: what one client can send at once.

mod attack;
mod frames;
mod headers;
mod resets;

pub use attack::steps;
