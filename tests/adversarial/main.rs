//! The sidecar against those who mean harm and those who are slow, and its end under load: floods, slow clients,
//! malformed inputs, spellings of paths, drains. A table of what each attack cost is printed at the end.

#![expect(clippy::indexing_slicing, reason = "a test says what is wrong by panicking")]

mod app;
mod connect;
mod crowds;
mod ends;
mod floods;
mod http2;
mod malformed;
mod meter;
mod paths;
mod polite;
mod sidecar;
mod siege;
mod slow;
mod step;
mod table;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use step::Step;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Processor time and memory are judged: one attack at a time.
    arguments.test_threads.get_or_insert(1);
    if let Err(error) = sidecar::raise_the_limit_of_files() {
        return table::say(&format!("the limit of open files cannot be raised: {error:#}"), ExitCode::FAILURE);
    }
    let told = |error: anyhow::Error| Failed::from(format!("{error:#}"));
    let trial = |(name, step): Step| Trial::test(name, move || step().map_err(told));
    let judged_by_time = [floods::steps(), crowds::steps()].into_iter().flatten();
    let others = [crowds::endless(), malformed::steps(), paths::steps(), ends::steps(), slow::steps()];
    // Slow clients mostly wait: where all tests run, they do so beside those that are not judged by processor time.
    let is_whole = arguments.filter.is_none() && !arguments.list;
    let beside = |(name, step): Step| -> Step {
        let step = move || {
            if is_whole {
                slow::begin();
            }
            step()
        };
        (name, Box::new(step))
    };
    let trials = judged_by_time.chain(others.into_iter().flatten().map(beside)).map(trial).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    table::say(&table::render(), conclusion.exit_code())
}
