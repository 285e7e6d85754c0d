//! Every manifest in the repository is valid and fresh: examples, generated definitions, the charts' rights.
//!
//! `UPDATE=1` writes what is generated.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what is wrong by panicking"
)]

mod definitions;
mod examples;
mod rights;
