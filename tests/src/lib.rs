//! What the tests share: where things are in the repository, and the programs they start.

pub mod repository;
