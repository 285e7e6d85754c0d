//! From the command line to the command.

use std::io::Write;
use std::process::ExitCode;

use crate::arguments::{Arguments, Command};
use crate::style::Style;
use crate::{check, effective};

/// Does what was asked for.
///
/// # Errors
/// When it cannot be done; the error says why and what to do.
pub fn run(arguments: Arguments, style: Style, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Check(asked) => check::run(&asked.files, asked.output, style, out),
        Command::Effective(asked) => effective::run(&asked, style, out),
    }
}
