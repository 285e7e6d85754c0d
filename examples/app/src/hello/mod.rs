//! A friendly app whose answers show what reached it.

mod app;
mod seen;

pub use app::Hello;
