//! What every way of counting can do: take one, give one back, say how much is used.

use std::time::Duration;

/// So many requests in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    requests: u32,
    window: u64,
}

impl Allowance {
    /// At least one request in a window of at least a microsecond; smaller values are raised to that.
    #[must_use]
    pub fn new(requests: u32, window: Duration) -> Self {
        let window = u64::try_from(window.as_nanos()).unwrap_or(u64::MAX / 64).clamp(1_000, u64::MAX / 64);
        Self { requests: requests.max(1), window }
    }

    /// How many requests.
    #[must_use]
    pub fn requests(&self) -> u32 {
        self.requests
    }

    /// The window in nanoseconds.
    #[must_use]
    pub fn window(&self) -> u64 {
        self.window
    }
}

/// Whether one more passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    /// It passes, and is counted; a refused one is not.
    pub admitted: bool,
    /// How many more would pass at once.
    pub remaining: u32,
    /// Nanoseconds until more pass than now: after a refusal, until one passes again.
    pub wait: u64,
}

impl Decision {
    /// The wait in whole seconds, rounded up, at least one.
    #[must_use]
    pub fn wait_seconds(&self) -> u64 {
        self.wait.div_ceil(1_000_000_000).max(1)
    }
}

/// A count for one key. Times are nanoseconds of one monotonic clock; one that is older than the last seen counts as
/// the last seen, because threads read the clock before they get here.
pub(super) trait Tally: Default {
    /// Counts one more, if it passes.
    fn take(&mut self, allowance: &Allowance, now: u64) -> Decision;

    /// Takes back what was counted at a moment, because something else refused the request.
    fn give_back(&mut self, allowance: &Allowance, at: u64);

    /// How many of the allowance are used; 0 when nothing would be lost by forgetting it.
    fn used(&self, allowance: &Allowance, now: u64) -> u32;
}
