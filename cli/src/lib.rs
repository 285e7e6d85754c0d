//! For people: try, check and understand an `ApiService`.
//!
//! - [`arguments`], [`run`]: the command line, and what it leads to
//! - [`manifest`]: files as people write them, with the line of each value
//! - [`check`]: everything that is wrong with files, offline

pub mod arguments;
pub mod check;
pub mod manifest;
pub mod run;
pub mod style;
