//! `shipshape`: for people; installed as `kubectl-shipshape` it is `kubectl shipshape`.

use std::io::Write as _;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};
use shipshape::arguments::{Arguments, program_name};
use shipshape::style::Style;

fn main() -> ExitCode {
    let called = std::env::args_os().next();
    let command = Arguments::command().bin_name(program_name(called.as_deref().and_then(std::ffi::OsStr::to_str)));
    let arguments = match Arguments::from_arg_matches(&command.get_matches()) {
        Ok(arguments) => arguments,
        Err(error) => error.exit(),
    };
    // Two libraries use TLS: both take this backend. It cannot be set already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let mut out = std::io::stdout();
    let style = Style::for_output(&out, std::env::var_os("NO_COLOR").as_deref());
    match shipshape::run::run(arguments, style, &mut out) {
        Ok(code) => code,
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to be told where standard error is gone as well.
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether the reader went away, as `head` does.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
