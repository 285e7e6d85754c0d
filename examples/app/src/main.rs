//! Starts one of the stand-in apps and answers until it is told to stop.

use std::process::ExitCode;

use clap::Parser as _;
use shipshape_example_app::command::{Command, run};

fn main() -> anyhow::Result<ExitCode> {
    let command = Command::parse();
    // One thread, as most app containers have: enough for a stand-in, and its limits are easy to understand.
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run(command))
}
