//! Conditions: facts with a type, a reason and a moment at which they last changed.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use shipshape_crds::api::Condition;

/// The longest message that is written, in bytes; Kubernetes takes 32768.
const LONGEST_MESSAGE: usize = 4096;

/// Whether a fact holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It does.
    True,
    /// It does not.
    False,
}

/// One fact about a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facet {
    /// Which, such as `Ready`.
    pub kind: &'static str,
    /// Whether it holds.
    pub state: State,
    /// Why, as one word in CamelCase.
    pub reason: &'static str,
    /// What is so, what it means for traffic, and what to do.
    pub message: String,
}

impl Facet {
    /// A fact.
    #[must_use]
    pub fn new(kind: &'static str, state: State, reason: &'static str, message: impl Into<String>) -> Self {
        Self { kind, state, reason, message: message.into() }
    }
}

/// The conditions with these facts in them; others stay. A moment changes only with the state.
#[must_use]
pub fn merged(before: &[Condition], facets: &[Facet], generation: Option<i64>, now: Timestamp) -> Vec<Condition> {
    let mut conditions = before.to_vec();
    for facet in facets {
        let new = condition(facet, before, generation, now);
        match conditions.iter_mut().find(|condition| condition.type_ == facet.kind) {
            Some(slot) => *slot = new,
            None => conditions.push(new),
        }
    }
    conditions
}

fn condition(facet: &Facet, before: &[Condition], generation: Option<i64>, now: Timestamp) -> Condition {
    let status = match facet.state {
        State::True => "True",
        State::False => "False",
    };
    let last = before.iter().find(|condition| condition.type_ == facet.kind && condition.status == status);
    // The API server stores whole seconds; anything finer would differ from what is read back.
    let seconds = Timestamp::from_second(now.as_second()).unwrap_or(now);
    Condition {
        type_: facet.kind.to_owned(),
        status: status.to_owned(),
        reason: facet.reason.to_owned(),
        message: shortened(&facet.message, LONGEST_MESSAGE),
        observed_generation: generation,
        last_transition_time: last.map_or(Time(seconds), |last| last.last_transition_time.clone()),
    }
}

/// A text of at most so many bytes.
#[must_use]
pub fn shortened(text: &str, longest: usize) -> String {
    if text.len() <= longest {
        return text.to_owned();
    }
    let kept: String =
        text.char_indices().take_while(|(at, c)| at + c.len_utf8() + 3 <= longest).map(|(_, c)| c).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_moment_changes_with_the_state_only() {
        let ready = |state, reason| [Facet::new("Ready", state, reason, "text")];
        let first = merged(&[], &ready(State::False, "Starting"), Some(1), at(10));
        let second = merged(&first, &ready(State::False, "Crashing"), Some(1), at(20));
        let third = merged(&second, &ready(State::True, "Serving"), Some(2), at(30));
        let seen = |all: &[Condition]| (all[0].reason.clone(), all[0].last_transition_time.0.as_second());
        assert_eq!(seen(&first), ("Starting".to_owned(), 10));
        assert_eq!(seen(&second), ("Crashing".to_owned(), 10));
        assert_eq!(seen(&third), ("Serving".to_owned(), 30));
        assert_eq!(third[0].observed_generation, Some(2));
    }

    #[test]
    fn other_conditions_stay_and_nothing_new_means_nothing_changes() {
        let facets =
            [Facet::new("Ready", State::True, "Serving", "x"), Facet::new("Degraded", State::False, "AsExpected", "y")];
        let before = merged(&[], &facets, Some(1), at(10));
        assert_eq!(merged(&before, &facets, Some(1), at(99)), before);
        assert_eq!(merged(&before, &facets[..1], Some(1), at(99)), before);
    }

    #[test]
    fn long_texts_end_within_their_bound() {
        let text = "é".repeat(100);
        assert!(shortened(&text, 51).len() <= 51);
        assert!(shortened(&text, 51).ends_with('…'));
        assert_eq!(shortened("short", 51), "short");
    }
}
