//! `guarantee: Window`: never more than the allowance in any stretch of time as long as the window.

use super::tally::{Allowance, Decision, Tally};

/// The parts that a window is divided into.
const PARTS: u64 = 16;
/// Parts that are kept: the current one and those of a whole window before it.
const KEPT: usize = 17;

/// How many passed in the current part of a window and in the 16 before it. Together they reach back at least one
/// whole window from now, so their sum is never less than what passed in the last window: allowing while the sum is
/// below the allowance can never let more through in any window. What it costs: a request is held against its client
/// for up to 17/16 of the window.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SubWindows {
    /// The current part, counted from the clock's beginning.
    newest: u64,
    /// Counts by age: the current part first.
    counts: [u32; KEPT],
}

impl Tally for SubWindows {
    fn take(&mut self, allowance: &Allowance, now: u64) -> Decision {
        self.advance(part_of(allowance, now));
        let used = self.sum();
        let admitted = used < allowance.requests();
        if admitted && let Some(current) = self.counts.first_mut() {
            *current += 1;
        }
        let remaining = allowance.requests().saturating_sub(used + u32::from(admitted));
        Decision { admitted, remaining, wait: self.wait(allowance, now, admitted) }
    }

    fn give_back(&mut self, allowance: &Allowance, at: u64) {
        let age = self.newest.saturating_sub(part_of(allowance, at));
        if let Some(count) = usize::try_from(age).ok().and_then(|age| self.counts.get_mut(age)) {
            *count = count.saturating_sub(1);
        }
    }

    fn used(&self, allowance: &Allowance, now: u64) -> u32 {
        let gone = usize::try_from(part_of(allowance, now).saturating_sub(self.newest)).unwrap_or(KEPT);
        self.counts.iter().take(KEPT.saturating_sub(gone)).sum()
    }
}

impl SubWindows {
    fn advance(&mut self, part: u64) {
        let steps = usize::try_from(part.saturating_sub(self.newest)).unwrap_or(KEPT).min(KEPT);
        if steps > 0 {
            self.counts.rotate_right(steps);
            self.counts.iter_mut().take(steps).for_each(|count| *count = 0);
        }
        self.newest = self.newest.max(part);
    }

    fn sum(&self) -> u32 {
        self.counts.iter().sum()
    }

    /// After a refusal: until so many old ones are forgotten that one passes. Else: until the oldest is forgotten.
    fn wait(&self, allowance: &Allowance, now: u64, admitted: bool) -> u64 {
        let mut left = self.sum();
        for (age, &count) in self.counts.iter().enumerate().rev().filter(|(_, count)| **count > 0) {
            left -= count;
            if admitted || left < allowance.requests() {
                let forgotten = (self.newest - age as u64 + KEPT as u64).saturating_mul(part_length(allowance));
                return forgotten.saturating_sub(now);
            }
        }
        0
    }
}

/// Rounded up, so that 16 parts are never shorter than the window.
fn part_length(allowance: &Allowance) -> u64 {
    allowance.window().div_ceil(PARTS)
}

fn part_of(allowance: &Allowance, now: u64) -> u64 {
    now / part_length(allowance)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn allowance(requests: u32, seconds: u64) -> Allowance {
        Allowance::new(requests, Duration::from_secs(seconds))
    }

    #[test]
    fn from_rest_the_allowance_passes_at_once_and_the_next_is_refused() {
        for start in [0, 1, 59 * SECOND, 12_345 * SECOND + 7] {
            let (mut tally, allowance) = (SubWindows::default(), allowance(30, 60));
            for passed in 1..=30 {
                let decision = tally.take(&allowance, start);
                assert_eq!((decision.admitted, decision.remaining), (true, 30 - passed));
            }
            assert!(!tally.take(&allowance, start).admitted);
        }
    }

    #[test]
    fn the_wait_after_a_refusal_is_exact() {
        let (mut tally, allowance) = (SubWindows::default(), allowance(2, 16));
        assert!(tally.take(&allowance, 0).admitted);
        assert!(tally.take(&allowance, 5 * SECOND).admitted);
        let refused = tally.take(&allowance, 5 * SECOND + 1);
        assert_eq!((refused.admitted, refused.wait), (false, 12 * SECOND - 1));
        assert!(!tally.take(&allowance, 17 * SECOND - 1).admitted);
        assert!(tally.take(&allowance, 17 * SECOND).admitted);
        assert_eq!(tally.take(&allowance, 17 * SECOND).wait, 5 * SECOND);
    }

    #[test]
    fn refusals_consume_nothing_and_what_is_given_back_passes_again() {
        let (mut tally, allowance) = (SubWindows::default(), allowance(1, 16));
        assert!(tally.take(&allowance, 3 * SECOND).admitted);
        for _ in 0..1000 {
            assert!(!tally.take(&allowance, 4 * SECOND).admitted);
        }
        assert_eq!(tally.used(&allowance, 4 * SECOND), 1);
        tally.give_back(&allowance, 3 * SECOND);
        assert_eq!(tally.used(&allowance, 4 * SECOND), 0);
        assert!(tally.take(&allowance, 4 * SECOND).admitted);
    }

    #[test]
    fn a_clock_read_before_another_thread_changes_nothing_back() {
        let (mut tally, allowance) = (SubWindows::default(), allowance(2, 16));
        assert!(tally.take(&allowance, 100 * SECOND).admitted);
        assert!(tally.take(&allowance, 90 * SECOND).admitted);
        assert!(!tally.take(&allowance, 100 * SECOND).admitted);
        assert_eq!((tally.used(&allowance, 116 * SECOND), tally.used(&allowance, 117 * SECOND)), (2, 0));
    }

    proptest! {
        /// The promise itself, for any rhythm of requests.
        #[test]
        fn never_more_than_the_allowance_in_any_window(
            requests in 1_u32..12,
            window in 1_u64..40,
            gaps in proptest::collection::vec(0_u64..3_000_000_000, 1..300),
        ) {
            let (mut tally, allowance) = (SubWindows::default(), allowance(requests, window));
            let mut now = 0;
            let mut passed = Vec::new();
            for gap in gaps {
                now += gap;
                if tally.take(&allowance, now).admitted {
                    passed.push(now);
                }
            }
            for (at, start) in passed.iter().enumerate() {
                // A closed stretch that begins with a request that passed.
                let within = passed[at..].iter().take_while(|&&time| time <= start + window * SECOND).count();
                prop_assert!(within <= requests as usize, "{within} of {requests} in {window} s from {start}");
            }
        }

        /// Who waits as told passes.
        #[test]
        fn after_the_wait_one_passes_and_not_before(
            requests in 1_u32..6,
            gaps in proptest::collection::vec(0_u64..4_000_000_000, 1..60),
        ) {
            let (mut tally, allowance) = (SubWindows::default(), allowance(requests, 10));
            let mut now = 0;
            for gap in gaps {
                now += gap;
                let decision = tally.take(&allowance, now);
                if !decision.admitted {
                    prop_assert!(!tally.clone().take(&allowance, now + decision.wait - 1).admitted);
                    prop_assert!(tally.clone().take(&allowance, now + decision.wait).admitted);
                }
            }
        }
    }
}
