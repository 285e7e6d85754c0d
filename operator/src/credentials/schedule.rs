//! When the CA changes its roots: publish the next long before it signs, and trust the last until it ends.

use jiff::Timestamp;

use super::authority::Authority;
use super::error::CredentialError;
use super::moments::{BACKDATE, after, two_thirds};
use super::root::Root;
use crate::settings::Lifetimes;

/// What is to be done with the CA now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Make a CA: there is none, or its last root has ended.
    Create,
    /// Make the next root, so that clients learn to trust it.
    Publish,
    /// Let the next root sign.
    Activate,
    /// Forget roots that have ended.
    DropExpired,
}

/// What is to be done with the CA at that moment; nothing where it rests.
#[must_use]
pub fn due(now: Timestamp, state: Option<&Authority>, lifetimes: &Lifetimes) -> Option<Action> {
    let Some(state) = state else { return Some(Action::Create) };
    let next = state.next.as_ref().filter(|next| next.trusted.is_live(now));
    match next {
        None if !state.active.trusted.is_live(now) => Some(Action::Create),
        None if now >= publishes_at(state) => Some(Action::Publish),
        Some(next) if now >= activates_at(state, next, lifetimes) => Some(Action::Activate),
        _ => state.previous.iter().any(|root| !root.is_live(now)).then_some(Action::DropExpired),
    }
}

/// When [`due`] asks for something next.
#[must_use]
pub fn next_due(state: &Authority, lifetimes: &Lifetimes) -> Timestamp {
    let change = match &state.next {
        None => publishes_at(state),
        Some(next) => activates_at(state, next, lifetimes),
    };
    state.previous.iter().map(|root| root.certificate.not_after).fold(change, Timestamp::min)
}

/// The CA after an action. The random bytes are the serial number of a root that the action makes.
///
/// # Errors
/// When a root cannot be made.
pub fn advance(
    state: Option<Authority>,
    action: Action,
    now: Timestamp,
    random: [u8; 16],
    lifetimes: &Lifetimes,
) -> Result<Authority, CredentialError> {
    let Some(mut state) = state else {
        return Ok(Authority { active: Root::generate(now, random, lifetimes)?, next: None, previous: Vec::new() });
    };
    match action {
        Action::Create => state = replace(state, Root::generate(now, random, lifetimes)?),
        Action::Publish => state.next = Some(Root::generate(now, random, lifetimes)?),
        Action::Activate => {
            if let Some(next) = state.next.take() {
                state = replace(state, next);
            }
        }
        Action::DropExpired => {}
    }
    state.previous.retain(|root| root.is_live(now));
    Ok(state)
}

fn replace(state: Authority, active: Root) -> Authority {
    let Authority { active: before, next, mut previous } = state;
    previous.push(before.trusted);
    Authority { active, next, previous }
}

fn publishes_at(state: &Authority) -> Timestamp {
    let active = &state.active.trusted.certificate;
    two_thirds(active.not_before, active.not_after)
}

/// After the publishing period; where the operator was away and published late, after half of what the active root has
/// left, so that it never ends before its successor signs.
fn activates_at(state: &Authority, next: &Root, lifetimes: &Lifetimes) -> Timestamp {
    let published = next.trusted.certificate.not_before.saturating_add(BACKDATE).unwrap_or(Timestamp::MAX);
    let left = state.active.trusted.certificate.not_after.duration_since(published);
    after(published, lifetimes.publish).min(published.saturating_add(left / 2).unwrap_or(published))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::ToSpan;

    use super::*;

    fn days(count: u64) -> Duration {
        Duration::from_secs(count * 86_400)
    }

    fn lifetimes() -> Lifetimes {
        Lifetimes { root: days(90), publish: days(14), leaf: days(9) }
    }

    fn day(number: i64) -> Timestamp {
        let start: Timestamp = "2026-11-21T00:00:00Z".parse().unwrap();
        start + (number * 24).hours()
    }

    fn step(state: Option<Authority>, action: Action, at: i64) -> Authority {
        advance(state, action, day(at), [u8::try_from(at % 251).unwrap(); 16], &lifetimes()).unwrap()
    }

    #[test]
    fn each_moment_has_its_action() {
        let fresh = step(None, Action::Create, 0);
        let published = step(Some(fresh.clone()), Action::Publish, 60);
        let late = step(Some(fresh.clone()), Action::Publish, 80);
        let changed = step(Some(published.clone()), Action::Activate, 74);
        let cases = [
            (None, 0, Some(Action::Create)),
            (Some(&fresh), 0, None),
            (Some(&fresh), 59, None),
            (Some(&fresh), 60, Some(Action::Publish)),
            (Some(&fresh), 89, Some(Action::Publish)),
            (Some(&fresh), 90, Some(Action::Create)),
            (Some(&published), 60, None),
            (Some(&published), 73, None),
            (Some(&published), 74, Some(Action::Activate)),
            (Some(&published), 400, Some(Action::Create)),
            (Some(&late), 84, None),
            (Some(&late), 85, Some(Action::Activate)),
            (Some(&changed), 74, None),
            (Some(&changed), 89, None),
            (Some(&changed), 90, Some(Action::DropExpired)),
        ];
        for (state, at, expected) in cases {
            assert_eq!(due(day(at), state, &lifetimes()), expected, "day {at}, {state:?}");
        }
    }

    #[test]
    fn whatever_was_due_is_done_and_rests_until_it_says() {
        let mut state = step(None, Action::Create, 0);
        for at in 1..400 {
            if let Some(action) = due(day(at), Some(&state), &lifetimes()) {
                state = step(Some(state), action, at);
                assert_eq!(due(day(at), Some(&state), &lifetimes()), None, "day {at}: {action:?} was enough");
            }
            let next = next_due(&state, &lifetimes());
            assert!(next > day(at) && due(next, Some(&state), &lifetimes()).is_some(), "day {at}");
            assert_eq!(due(next - 1.second(), Some(&state), &lifetimes()), None, "day {at}");
        }
    }

    #[test]
    fn a_ca_that_slept_for_years_begins_anew() {
        let slept = step(Some(step(None, Action::Create, 0)), Action::Publish, 60);
        let awake = step(Some(slept.clone()), Action::Create, 1000);
        assert!(awake.active.trusted.is_live(day(1000)));
        assert_eq!((awake.previous.len(), due(day(1000), Some(&awake), &lifetimes())), (0, None));
    }
}
