//! Every manifest in the repository is valid and fresh: examples, generated definitions, the charts' rights.
//!
//! `UPDATE=1` writes what is generated.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by panicking")]

mod definitions;
mod examples;
mod rights;
