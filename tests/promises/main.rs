//! Promises kept on a real cluster: brought up, used through kubectl, helm and requests, and taken down.
//!
//! `KEEP=1` leaves the cluster up for a look; `cargo test -p shipshape-tests --test cluster -- NAME` keeps one promise.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking or printing"
)]

mod admission;
mod change;
mod charts;
mod judges;
mod keys;
mod pods;
mod quickstart;
mod repair;
mod rollout;
mod shop;
mod steady;
mod strangers;
mod world;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};

use world::World;

/// A promise: a sentence, and what must hold.
type Promise = (&'static str, fn(&World) -> anyhow::Result<()>);

/// In an order in which each leaves the cluster as the next expects it.
const PROMISES: &[&[Promise]] = &[
    charts::PROMISES,
    judges::PROMISES,
    admission::PROMISES,
    quickstart::PROMISES,
    steady::PROMISES,
    keys::PROMISES,
    repair::PROMISES,
    pods::PROMISES,
    rollout::PROMISES,
    change::PROMISES,
    strangers::PROMISES,
    shop::PROMISES,
    charts::LAST_PROMISES,
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // They share a cluster.
    arguments.test_threads = Some(1);
    if arguments.list {
        return run(&arguments, None);
    }
    match World::build() {
        Ok(Some(world)) => run(&arguments, Some(Arc::new(world))),
        Ok(None) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the cluster is not there: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments, world: Option<Arc<World>>) -> ExitCode {
    let trial = |&(name, promise): &Promise| {
        let world = world.clone();
        Trial::test(name, move || match &world {
            Some(world) => promise(world).map_err(|error| Failed::from(format!("{error:#}\n{}", world.picture()))),
            None => Ok(()),
        })
    };
    let trials = PROMISES.iter().flat_map(|promises| promises.iter()).map(trial).collect();
    libtest_mimic::run(arguments, trials).exit_code()
}
