//! The sidecar against those who mean harm and those who are slow, and its end under load: floods, slow clients,
//! malformed inputs, spellings of paths, drains. A table of what each attack cost is printed at the end.

#![expect(clippy::indexing_slicing, reason = "a test says what is wrong by panicking")]

mod app;
mod connect;
mod crowds;
mod floods;
mod http2;
mod meter;
mod polite;
mod sidecar;
mod siege;
mod slow;
mod step;
mod table;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Processor time and memory are judged: one attack at a time.
    arguments.test_threads.get_or_insert(1);
    if let Err(error) = sidecar::raise_the_limit_of_files() {
        return table::say(&format!("the limit of open files cannot be raised: {error:#}"), ExitCode::FAILURE);
    }
    let told = |error: anyhow::Error| Failed::from(format!("{error:#}"));
    let steps = [floods::steps(), crowds::steps(), slow::steps()].into_iter().flatten();
    let trials = steps.map(|(name, step)| Trial::test(name, move || step().map_err(told))).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    table::say(&table::render(), conclusion.exit_code())
}
