//! Spellings of one path: whatever an app reads as `/admin` has met the policy of `/admin`.

mod ask;
mod readings;
mod spellings;

pub use ask::steps;
