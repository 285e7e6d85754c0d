//! The command line.

use std::path::PathBuf;

use clap::Parser;

use crate::scenario::Scenario;

/// Measures what the sidecar costs: CPU per request, start time, memory. Loopback only, three minutes at most.
#[derive(Debug, Parser)]
#[command(name = "shipshape-bench", version)]
pub struct Arguments {
    /// The sidecar to measure; built from this repository where none is given
    #[arg(long, value_name = "PATH")]
    pub sidecar: Option<PathBuf>,
    /// The profile to build it with: quick or release
    #[arg(long, value_name = "NAME", default_value = "quick")]
    pub profile: String,
    /// Rounds of 2.5 seconds for each scenario, 1 to 7
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=7))]
    pub rounds: u8,
    /// Only this scenario; may be given several times
    #[arg(long = "scenario", value_name = "NAME", value_enum)]
    pub scenarios: Vec<Scenario>,
    /// Leave start time and memory out
    #[arg(long)]
    pub requests_only: bool,
    /// The folder for the results; bench/results of this repository where none is given
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
