//! `Ready`: whether every pod serves the revision asked for, and if not, the first reason.

use super::condition::{Facet, State};
use super::facets::{degraded, held, policy_applied, progressing};
use super::outcome::{Outcome, pods};

/// Whether every pod serves the revision asked for; if not, the first reason that somebody can act on.
#[must_use]
pub fn ready(outcome: &Outcome<'_>) -> Facet {
    const KIND: &str = "Ready";
    let rollout = outcome.rollout();
    let because = |facet: Facet| Facet { kind: KIND, state: State::False, ..facet };
    if outcome.applied.held && rollout.ready < rollout.wanted {
        let missing: Vec<_> =
            outcome.observed.missing.iter().map(|missing| missing.told(&outcome.sound.namespace)).collect();
        return Facet::new(KIND, State::False, "SecretMissing", format!("{}; {}", missing.join("; "), held(&rollout)));
    }
    let trouble = degraded(outcome);
    let is_whole = rollout.is_complete() || outcome.applied.held;
    if !is_whole || !outcome.applied.failed.is_empty() {
        let first = if trouble.state == State::True { trouble } else { progressing(outcome) };
        return because(first);
    }
    if !outcome.is_delivered() {
        return because(policy_applied(outcome));
    }
    let message = format!(
        "{} of {} serve revision {}",
        rollout.ready.min(rollout.wanted),
        pods(rollout.wanted),
        outcome.revision()
    );
    Facet::new(KIND, State::True, "Serving", message)
}
