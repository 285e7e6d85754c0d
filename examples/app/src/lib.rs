//! Stand-in HTTP apps: what stands behind Shipshape in the examples, the demo and the tests.
//!
//! - [`hello`]: a friendly app whose answers show what reached it
//! - [`shop`]: the API of the e-commerce review, with the faults that the review found
//! - [`command`]: the command line, and how an app is started and stopped
//! - [`server`], [`answer`], [`query`]: what both are made of

pub mod answer;
pub mod command;
pub mod hello;
pub mod query;
pub mod server;
pub mod shop;
