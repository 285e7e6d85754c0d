//! From the command line to the command.

use std::io::Write;
use std::process::ExitCode;

use crate::arguments::{Arguments, Command};
use crate::style::Style;
use crate::{check, effective, local, trial};

/// Does what was asked for.
///
/// # Errors
/// When it cannot be done; the error says why and what to do.
pub fn run(arguments: Arguments, style: Style, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Check(asked) => check::run(&asked.files, asked.output, style, out),
        Command::Effective(asked) => effective::run(&asked, style, out),
        Command::Local(asked) => local::run(&asked, style, out),
        Command::Try(asked) => trial::run(&asked, style, out),
        Command::ExampleApp(app) => example_app(app),
    }
}

fn example_app(app: shipshape_example_app::command::Command) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(shipshape_example_app::command::run(app))
}
