//! `shipshape try`: the requests that show what stands in front of an app, and their answers.

mod app;
mod ask;
mod captured_log;
mod client;
mod command;
mod requests;
mod show;

pub use client::{Answer, Ask, Connection, Payload, Target};
pub use command::{Asked, run};
