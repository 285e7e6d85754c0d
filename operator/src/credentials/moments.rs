//! When a life is two thirds over, and how far certificates reach into the past.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// How far certificates reach into the past, for clients whose clock is late.
pub const BACKDATE: SignedDuration = SignedDuration::from_mins(5);

/// The moment at which two thirds of a life have passed.
#[must_use]
pub fn two_thirds(from: Timestamp, until: Timestamp) -> Timestamp {
    // What reaches into the past was never lived: counted along, a short life would be over before it began.
    let made = from.saturating_add(BACKDATE).unwrap_or(until).min(until);
    let life = until.duration_since(made);
    made.saturating_add(life / 3 * 2).unwrap_or(until)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_life_is_not_over_before_it_began() {
        let now: Timestamp = "2026-11-21T09:00:00Z".parse().unwrap();
        let until = after(now, Duration::from_secs(30));
        assert_eq!(two_thirds(backdated(now), until), after(now, Duration::from_secs(20)));
        assert_eq!(two_thirds(now, until), until);
    }
}
