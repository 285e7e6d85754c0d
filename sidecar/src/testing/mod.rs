//! What tests of several modules share.

mod app;
mod client;
mod config;
mod world;

pub use app::{AppDoes, TestApp};
pub use client::TestClient;
pub use config::{Route, config, head, key_ring, known_key};
pub use world::{World, stalling};
