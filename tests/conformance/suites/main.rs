//! Public suites, and both ends of protocols that others wrote, against a real sidecar.

#![expect(clippy::indexing_slicing, reason = "a test says what is wrong by panicking")]

mod apps;
mod chat;
mod client;
mod grpc;
mod h2c_streams;
mod h2spec;
mod handshakes;
mod hints;
mod raw;
mod sidecar;
mod silence;
mod step;
mod streams;
mod tls_profile;
mod tools;
mod tunnel;
mod websocket;
mod websocket_cases;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use step::Step;

const STEPS: &[&[Step]] = &[
    h2spec::STEPS,
    tls_profile::STEPS,
    streams::STEPS,
    h2c_streams::STEPS,
    silence::STEPS,
    websocket_cases::STEPS,
    websocket::STEPS,
    handshakes::STEPS,
    grpc::calls::STEPS,
    grpc::ends::STEPS,
    grpc::refusals::STEPS,
];

fn main() -> ExitCode {
    let trial = |step: &Step| {
        let Step { name, needs, show } = *step;
        let left_out = tools::left_out(name, needs);
        let show = move || show().map_err(|error| Failed::from(format!("{error:#}")));
        Trial::test(name, show).with_ignored_flag(left_out)
    };
    let trials = STEPS.iter().flat_map(|steps| steps.iter()).map(trial).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
