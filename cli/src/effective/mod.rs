//! `shipshape effective`: the route that claims a request, and every value of its policy with where it was said.

mod cluster;
mod command;
mod resolve;
mod show;

pub use command::{Asked, Format, run};
pub use resolve::{Effective, Value, resolve};
