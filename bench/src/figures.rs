//! The arithmetic: from what was counted in each round to a floor and a median.

use std::time::Duration;

use serde::Serialize;

use crate::procfs::Usage;

/// A round with a smaller share of expected answers measured something else.
const EXPECTED: f64 = 0.99;
/// A round with a larger share of failed requests measured something else.
const FAILED: f64 = 0.001;
/// A round that waited for a CPU for more than this share of its window says more of the host than of the proxy.
const WAITED: f64 = 0.25;
/// Disturbed rounds are left out when at least this many quiet ones remain.
const QUIET: usize = 2;

/// What the load generator counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Answers with the expected status.
    pub expected: u64,
    /// Answers with another one.
    pub unexpected: u64,
    /// Requests without a whole answer.
    pub failed: u64,
}

/// One round: what happened within its window.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Round {
    /// What the load generator counted.
    pub counts: Counts,
    /// What the proxy used.
    pub usage: Usage,
    /// What load generator and app used.
    pub load: Usage,
    /// How long it lasted, in nanoseconds.
    pub window: u64,
    /// The proxy's resident memory at its end, in KiB.
    pub rss: u64,
}

/// What several rounds say together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// CPU microseconds per request of the least disturbed round: noise of the host only adds.
    pub floor: f64,
    /// The median of the rounds.
    pub median: f64,
    /// The share of the CPU time that was spent in user space, 0 to 1.
    pub user: f64,
    /// How much of its core the proxy used while it had it, 0 to 1; well below 1 it was not saturated, and wake-ups
    /// count more.
    pub busy: f64,
    /// The share of its window that it waited for its core, 0 to 1.
    pub waited: f64,
    /// Requests per second of the median round; an absolute figure of a shared host.
    pub per_second: f64,
    /// The largest resident memory at the end of a round, in KiB.
    pub rss: u64,
    /// How many rounds were used.
    pub used: usize,
    /// How many were left out.
    pub left_out: usize,
    /// Whether too few rounds had their core for themselves: then even the floor is the host's as much as the proxy's.
    pub disturbed: bool,
}

impl Counts {
    /// What was counted since `earlier`.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            expected: self.expected.saturating_sub(earlier.expected),
            unexpected: self.unexpected.saturating_sub(earlier.unexpected),
            failed: self.failed.saturating_sub(earlier.failed),
        }
    }

    /// Requests that were answered, whatever the answer.
    #[must_use]
    pub fn completed(self) -> u64 {
        self.expected + self.unexpected
    }
}

impl Round {
    /// CPU microseconds per completed request.
    #[must_use]
    pub fn cost(&self) -> f64 {
        ratio(self.usage.cpu, self.counts.completed()) / 1000.0
    }

    /// Whether it measured what it should.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        let Counts { expected, failed, .. } = self.counts;
        let all = self.counts.completed() + failed;
        all > 0 && ratio(expected, all) > EXPECTED && ratio(failed, all) <= FAILED
    }

    /// Whether the host left the proxy its core.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        ratio(self.usage.waited, self.window) <= WAITED
    }

    fn per_second(&self) -> f64 {
        ratio(self.counts.completed(), self.window) * 1e9
    }
}

/// What the rounds say together; `None` where none of them is valid.
#[must_use]
pub fn summary(rounds: &[Round]) -> Option<Summary> {
    let valid: Vec<&Round> = rounds.iter().filter(|round| round.is_valid()).collect();
    let quiet: Vec<&Round> = valid.iter().copied().filter(|round| round.is_quiet()).collect();
    let disturbed = quiet.len() < QUIET;
    let used = if disturbed { valid } else { quiet };
    let of = |figure: fn(&Round) -> f64| used.iter().map(|round| figure(round)).collect::<Vec<f64>>();
    let sum = |figure: fn(&Round) -> u64| used.iter().map(|round| figure(round)).sum::<u64>();
    let (user, system) = (sum(|round| round.usage.user), sum(|round| round.usage.system));
    Some(Summary {
        floor: least(&of(Round::cost))?,
        median: median(&of(Round::cost))?,
        user: ratio(user, user + system),
        // Threads that wait for each other on one core wait longer, all together, than the window lasts.
        busy: ratio(sum(|round| round.usage.cpu), sum(|round| round.window.saturating_sub(round.usage.waited)))
            .min(1.0),
        waited: ratio(sum(|round| round.usage.waited), sum(|round| round.window)),
        per_second: median(&of(Round::per_second))?,
        rss: used.iter().map(|round| round.rss).max()?,
        used: used.len(),
        left_out: rounds.len() - used.len(),
        disturbed,
    })
}

/// The smallest value; `None` of nothing.
#[must_use]
pub fn least(values: &[f64]) -> Option<f64> {
    values.iter().copied().min_by(f64::total_cmp)
}

/// The middle value, or the mean of the two in the middle; `None` of nothing.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = *sorted.get(sorted.len().checked_sub(1)? / 2)?;
    Some(f64::midpoint(lower, upper))
}

/// Milliseconds, for people.
#[must_use]
pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// Counts as a ratio; 0 where nothing was counted. Far below 2^53, so nothing is lost.
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(cpu_per_request: u64, waited: u64) -> Round {
        let counts = Counts { expected: 1000, unexpected: 0, failed: 0 };
        let usage = Usage { cpu: cpu_per_request * 1000, waited, user: 30, system: 70 };
        Round { counts, usage, load: Usage::default(), window: 1_000_000_000, rss: 8192 }
    }

    #[test]
    fn the_median_is_the_middle_or_the_mean_of_two() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 9.0]), Some(3.0));
        assert_eq!(least(&[4.0, 1.5, 2.0]), Some(1.5));
        assert_eq!(least(&[]), None);
    }

    #[test]
    fn a_round_is_what_the_core_did_per_completed_request() {
        let mut one = round(25_000, 0);
        assert!((one.cost() - 25.0).abs() < 1e-9, "{}", one.cost());
        one.counts = Counts { expected: 0, unexpected: 0, failed: 9 };
        assert!((one.cost() - 0.0).abs() < 1e-9);
        assert!(!one.is_valid());
    }

    #[test]
    fn a_round_with_other_answers_does_not_count() {
        let with =
            |expected, unexpected, failed| Round { counts: Counts { expected, unexpected, failed }, ..round(1, 0) };
        assert!(with(10_000, 99, 0).is_valid());
        assert!(!with(9_900, 100, 0).is_valid(), "exactly 99 % is not more than 99 %");
        assert!(with(9_990, 0, 10).is_valid(), "0.1 % may fail");
        assert!(!with(9_989, 0, 11).is_valid());
        assert_eq!(summary(&[with(1, 1, 0)]), None);
        assert_eq!(summary(&[]), None);
    }

    #[test]
    fn disturbed_rounds_are_left_out_when_two_quiet_ones_remain() {
        let busy = round(10_000, 300_000_000);
        let told = summary(&[round(30_000, 0), busy, round(40_000, 250_000_000)]).unwrap();
        assert_eq!((told.used, told.left_out, told.disturbed), (2, 1, false));
        assert!((told.floor - 30.0).abs() < 1e-9 && (told.median - 35.0).abs() < 1e-9, "{told:?}");
        assert!((told.user - 0.3).abs() < 1e-9, "{told:?}");
        assert!((told.waited - 0.125).abs() < 1e-9 && (told.busy - 0.04).abs() < 1e-9, "{told:?}");
        let told = summary(&[round(30_000, 0), busy]).unwrap();
        assert_eq!((told.used, told.left_out, told.disturbed), (2, 0, true), "one quiet round is too few to rely on");
    }

    #[test]
    fn counts_are_those_of_the_window() {
        let before = Counts { expected: 5, unexpected: 1, failed: 2 };
        let after = Counts { expected: 25, unexpected: 1, failed: 3 };
        assert_eq!(after.since(before), Counts { expected: 20, unexpected: 0, failed: 1 });
    }
}
