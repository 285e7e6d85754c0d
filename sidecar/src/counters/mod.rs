//! How often something happened in a stretch of time: shared by all workers, surviving reloads, bounded in memory.

mod store;

pub use store::LimitStore;
