//! What the real binary does, one file a command.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails where it cannot go on")]

mod binary;
mod cel_twins;
mod check;
mod client;
mod effective;
mod golden;
mod local;
mod running;
mod trial;
