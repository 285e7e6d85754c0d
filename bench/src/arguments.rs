//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use crate::proxy::Choice;
use crate::rounds::Timing;
use crate::scenario::Scenario;

/// Measures what the sidecar costs beside its peers: CPU per request, system calls, start time, memory. Loopback only.
#[derive(Debug, Parser)]
#[command(name = "shipshape-bench", version)]
pub struct Arguments {
    /// The sidecar to measure; built from this repository where none is given
    #[arg(long, value_name = "PATH")]
    pub sidecar: Option<PathBuf>,
    /// The profile to build it with: release, as it is shipped, or quick
    #[arg(long, value_name = "NAME", default_value = "release")]
    pub profile: String,
    /// Three rounds of a second each instead of seven of 2.5 seconds
    #[arg(long)]
    pub quick: bool,
    /// Another number of rounds, 1 to 15
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=15))]
    pub rounds: Option<u8>,
    /// Only this scenario; may be given several times
    #[arg(long = "scenario", value_name = "NAME", value_enum, ignore_case = true)]
    pub scenarios: Vec<Scenario>,
    /// Only this proxy; may be given several times
    #[arg(long = "proxy", value_name = "NAME", value_enum, ignore_case = true)]
    pub proxies: Vec<Choice>,
    /// Leave start time and memory out
    #[arg(long)]
    pub requests_only: bool,
    /// Only count instructions (needs valgrind), and compare them with the budget
    #[arg(long)]
    pub instructions: bool,
    /// The folder for the results; bench/results of this repository where none is given
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

impl Arguments {
    /// How long and how often is measured.
    #[must_use]
    pub fn timing(&self) -> Timing {
        let (warm_up, window, rounds) = if self.quick { (300, 1000, 3) } else { (600, 2500, 7) };
        Timing {
            warm_up: Duration::from_millis(warm_up),
            window: Duration::from_millis(window),
            rounds: self.rounds.unwrap_or(rounds),
        }
    }

    /// Whether everything is measured.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.scenarios.is_empty() && self.proxies.is_empty() && !self.requests_only
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Arguments {
        Arguments::try_parse_from([&["shipshape-bench"], arguments].concat()).unwrap()
    }

    #[test]
    fn a_part_is_told_from_the_whole() {
        assert!(parse(&[]).is_whole() && parse(&["--quick"]).is_whole());
        let part = parse(&["--scenario", "s4H2", "--scenario", "S5t", "--proxy", "nginx"]);
        assert_eq!(
            (part.scenarios.as_slice(), part.proxies.as_slice()),
            ([Scenario::S4h2, Scenario::S5t].as_slice(), [Choice::Nginx].as_slice())
        );
        assert!(!part.is_whole() && !parse(&["--requests-only"]).is_whole());
    }

    #[test]
    fn a_quick_run_is_a_quarter_of_a_whole_one() {
        let long = |arguments: &[&str]| {
            let Timing { warm_up, window, rounds } = parse(arguments).timing();
            (warm_up + window) * u32::from(rounds)
        };
        assert!(long(&["--quick"]) * 4 < long(&[]));
        assert_eq!(parse(&["--quick", "--rounds", "5"]).timing().rounds, 5);
        assert!(Arguments::try_parse_from(["shipshape-bench", "--rounds", "0"]).is_err());
    }
}
