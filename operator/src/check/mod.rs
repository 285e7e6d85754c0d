//! From what was read to a service about which nothing is wrong, or to everything that is wrong with it.

mod input;
mod kubernetes;
mod refusal;
mod room;
mod sound;

pub use self::{refusal::Refusal, sound::check};
