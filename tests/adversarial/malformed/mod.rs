//! Ten thousand inputs that are wrong in every way one can think of, the same in each run: nothing breaks.

mod fragments;
mod inputs;
mod send;

pub use send::steps;
