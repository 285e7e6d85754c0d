//! The benchmark's program: measures, prints tables, keeps a file.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use shipshape_bench::arguments::Arguments;
use shipshape_bench::run::run;

fn main() -> ExitCode {
    match run(&Arguments::parse(), &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell when standard error is closed.
            let _ = writeln!(std::io::stderr(), "shipshape-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
