//! Clients that take their time, a hundred of each kind at once: they lose their connection, and nobody else loses
//! anything.

mod kinds;
mod patience;
mod reading;
mod report;
mod talking;

pub use report::{begin, steps};
