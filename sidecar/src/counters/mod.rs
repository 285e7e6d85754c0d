//! How often something happened in a stretch of time: shared by all workers, surviving reloads, bounded in memory.

mod average;
mod key;
mod store;
mod table;
mod tally;
mod window;

pub use key::Key;
pub use store::{Counter, Identity, LimitStore, Scope};
pub use tally::{Allowance, Decision};
