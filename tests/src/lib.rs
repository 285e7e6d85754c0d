//! What the tests share: where things are in the repository, a client, and waiting for what must come true.

pub mod http;
pub mod process;
pub mod repository;
pub mod shop;
pub mod wait;
