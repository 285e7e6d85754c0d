//! For people: try, check and understand an `ApiService`.
//!
//! - [`arguments`], [`run`]: the command line, and what it leads to
//! - [`manifest`]: files as people write them, with the line of each value
//! - [`check`]: everything that is wrong with files, offline
//! - [`effective`]: the route that claims a request, and every value of its policy with where it was said
//! - [`local`]: the very sidecar in front of an app on this machine
//! - [`trial`]: the requests that show what stands in front of an app, and their answers
//! - [`configuration`]: the file that a sidecar reads

pub mod arguments;
pub mod check;
pub mod configuration;
pub mod effective;
pub mod local;
pub mod manifest;
pub mod run;
pub mod style;
pub mod trial;
