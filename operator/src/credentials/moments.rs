//! When a life is two thirds over, and how far certificates reach into the past.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// How far certificates reach into the past, for clients whose clock is late.
pub const BACKDATE: SignedDuration = SignedDuration::from_mins(5);

/// The moment at which two thirds of a life have passed.
#[must_use]
pub fn two_thirds(from: Timestamp, until: Timestamp) -> Timestamp {
    let life = until.duration_since(from);
    from.saturating_add(life / 3 * 2).unwrap_or(until)
}

/// The moment after a length of time; the last that there is where it cannot be said.
#[must_use]
pub fn after(from: Timestamp, length: Duration) -> Timestamp {
    from.saturating_add(length).unwrap_or(Timestamp::MAX)
}

/// The moment from which a certificate made now holds.
#[must_use]
pub fn backdated(now: Timestamp) -> Timestamp {
    now.saturating_sub(BACKDATE).unwrap_or(now)
}
