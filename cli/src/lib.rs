//! For people: try, check and understand an `ApiService`.
//!
//! - [`arguments`], [`run`]: the command line, and what it leads to
//! - [`manifest`]: files as people write them, with the line of each value
//! - [`check`]: everything that is wrong with files, offline
//! - [`effective`]: the route that claims a request, and every value of its policy with where it was said
//! - [`configuration`]: the file that a sidecar reads

pub mod arguments;
pub mod check;
pub mod configuration;
pub mod effective;
pub mod manifest;
pub mod run;
pub mod style;
