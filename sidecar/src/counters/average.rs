//! `guarantee: Average`: the generic cell rate algorithm (ITU-T I.371) with a burst of the whole allowance.

use super::tally::{Allowance, Decision, Tally};

/// When the bucket would be full again. One request moves it by the window divided by the allowance. In any window at
/// most twice the allowance passes: a burst from rest, and what is refilled meanwhile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Refill {
    full_at: u64,
}

impl Tally for Refill {
    fn take(&mut self, allowance: &Allowance, now: u64) -> Decision {
        let (step, burst) = (step(allowance), burst(allowance));
        let debt = self.full_at.saturating_sub(now);
        if debt > burst {
            return Decision { admitted: false, remaining: 0, wait: debt - burst };
        }
        self.full_at = now.max(self.full_at).saturating_add(step);
        let debt = self.full_at.saturating_sub(now);
        let remaining = if debt > burst { 0 } else { (burst - debt) / step + 1 };
        // The next unit is back when the debt is a whole number of steps smaller.
        let wait = if debt.is_multiple_of(step) { step } else { debt % step };
        Decision { admitted: true, remaining: u32::try_from(remaining).unwrap_or(u32::MAX), wait }
    }

    fn give_back(&mut self, allowance: &Allowance, _at: u64) {
        self.full_at = self.full_at.saturating_sub(step(allowance));
    }

    fn used(&self, allowance: &Allowance, now: u64) -> u32 {
        let debt = self.full_at.saturating_sub(now);
        u32::try_from(debt.div_ceil(step(allowance))).unwrap_or(u32::MAX)
    }
}

/// Rounded up, so that the rate is never above what was asked for.
fn step(allowance: &Allowance) -> u64 {
    allowance.window().div_ceil(u64::from(allowance.requests()))
}

fn burst(allowance: &Allowance) -> u64 {
    step(allowance).saturating_mul(u64::from(allowance.requests()) - 1)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn from_rest_the_allowance_passes_and_then_one_per_step() {
        let (mut tally, allowance) = (Refill::default(), Allowance::new(3, Duration::from_secs(9)));
        let remaining: Vec<u32> = (0..3).map(|_| tally.take(&allowance, SECOND).remaining).collect();
        assert_eq!(remaining, [2, 1, 0]);
        let refused = tally.take(&allowance, SECOND);
        assert_eq!((refused.admitted, refused.wait), (false, 3 * SECOND));
        assert!(tally.take(&allowance, 4 * SECOND).admitted);
        assert!(!tally.take(&allowance, 4 * SECOND).admitted);
        tally.give_back(&allowance, 4 * SECOND);
        assert!(tally.take(&allowance, 4 * SECOND).admitted);
        assert_eq!((tally.used(&allowance, 4 * SECOND), tally.used(&allowance, 13 * SECOND)), (3, 0));
    }

    proptest! {
        #[test]
        fn never_more_than_twice_the_allowance_in_any_window(
            requests in 1_u32..12,
            window in 1_u64..40,
            gaps in proptest::collection::vec(0_u64..3_000_000_000, 1..300),
        ) {
            let (mut tally, allowance) = (Refill::default(), Allowance::new(requests, Duration::from_secs(window)));
            let mut now = 0;
            let mut passed = Vec::new();
            for gap in gaps {
                now += gap;
                let decision = tally.take(&allowance, now);
                if decision.admitted {
                    passed.push(now);
                } else {
                    prop_assert!(!tally.clone().take(&allowance, now + decision.wait - 1).admitted);
                    prop_assert!(tally.clone().take(&allowance, now + decision.wait).admitted);
                }
            }
            for (at, start) in passed.iter().enumerate() {
                let within = passed[at..].iter().take_while(|&&time| time < start + window * SECOND).count();
                prop_assert!(within <= 2 * requests as usize);
            }
        }
    }
}
