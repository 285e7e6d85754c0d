//! API keys: how one looks, how it is hashed with a pepper, and how records and peppers are stored.

mod format;
mod store;

pub use format::{KeyParts, KeyText, checksum};
pub use store::{KeyRecord, KeyShard, Pepper, Peppers};
