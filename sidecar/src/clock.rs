//! The time, as an argument: so that everything that depends on it can be tested.

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// What time it is.
pub trait Clock: Send + Sync {
    /// Time since some fixed moment; never goes back.
    fn monotonic(&self) -> Duration;

    /// The time of day.
    fn wall(&self) -> Timestamp;

    /// The moment of a monotonic time, for timers.
    fn moment(&self, monotonic: Duration) -> tokio::time::Instant;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time begins now.
    #[must_use]
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    fn wall(&self) -> Timestamp {
        Timestamp::now()
    }

    fn moment(&self, monotonic: Duration) -> tokio::time::Instant {
        (self.started + monotonic).into()
    }
}
