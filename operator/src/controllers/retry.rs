//! How long a failed reconcile waits: longer each time, each object for itself, and never all at once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
/// Also how long somebody waits at most who deleted what was in the way and is seen by no watch.
const LAST: Duration = Duration::from_secs(60);

/// Failures in a row, by object.
#[derive(Debug, Default)]
pub struct Retries(Mutex<HashMap<String, u32>>);

impl Retries {
    /// Notes a failure and says how long to wait; `jitter` between 0 and 1 spreads what failed together.
    #[must_use]
    pub fn failed(&self, object: &str, jitter: f64) -> Duration {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let failures = all.entry(object.to_owned()).or_default();
        let pause = FIRST.saturating_mul(1 << (*failures).min(12)).min(LAST);
        *failures = failures.saturating_add(1);
        pause.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
    }

    /// Forgets an object's failures.
    pub fn succeeded(&self, object: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(object);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_object_waits_for_itself_and_up_to_a_bound() {
        let retries = Retries::default();
        let pauses: Vec<_> = (0..3).map(|_| retries.failed("a", 1.0).as_millis()).collect();
        assert_eq!(pauses, [500, 1000, 2000]);
        assert_eq!(retries.failed("b", 0.0).as_millis(), 250);
        let last = (0..30).map(|_| retries.failed("a", 1.0)).last();
        assert_eq!(last, Some(LAST));
        retries.succeeded("a");
        assert_eq!(retries.failed("a", 1.0), FIRST);
    }
}
