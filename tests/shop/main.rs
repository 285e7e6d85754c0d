//! Walks through the findings of the shop's review: each fault is shown in the bare app, and gone behind the sidecar.

#![expect(clippy::indexing_slicing, reason = "a test says what is wrong by panicking")]

mod access;
mod edge;
mod findings;
mod limits;
mod record;
mod world;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

/// A step: its name in `findings.yaml`, and what it shows.
type Step = (&'static str, fn() -> anyhow::Result<()>);

const STEPS: &[&[Step]] = &[edge::STEPS, access::STEPS, limits::STEPS, record::STEPS];

fn main() -> ExitCode {
    let names = STEPS.iter().flat_map(|steps| steps.iter()).map(|(name, _)| *name).collect::<Vec<_>>();
    let told = |error: anyhow::Error| Failed::from(format!("{error:#}"));
    let steps = STEPS.iter().flat_map(|steps| steps.iter());
    let mut trials: Vec<_> = steps.map(|&(name, step)| Trial::test(name, move || step().map_err(told))).collect();
    trials.push(Trial::test("every finding that is enforced has its step", move || {
        findings::all_have_steps(&names).map_err(told)
    }));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
