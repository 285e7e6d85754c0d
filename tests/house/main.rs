//! The laws of the house: how files open and end, where imports may point, and what must not be depended on.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what is wrong by panicking or printing")]

mod arrows;
mod files;
mod imports;
