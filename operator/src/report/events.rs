//! Which changes are worth an event: each is told once, when it happens.

use shipshape_crds::api::{ApiServiceStatus, Condition};
use shipshape_crds::validate::Finding;

use super::condition::shortened;
use crate::apply::Applied;

/// The longest note of an event, in bytes, that Kubernetes takes.
const LONGEST_NOTE: usize = 1024;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Whether somebody should look.
    pub is_warning: bool,
    /// One word in CamelCase.
    pub reason: String,
    /// What happened.
    pub note: String,
}

impl Notice {
    fn new(is_warning: bool, reason: impl Into<String>, note: &str) -> Self {
        Self { is_warning, reason: reason.into(), note: shortened(note, LONGEST_NOTE) }
    }
}

/// What changed between two statuses, and what was put back or removed.
#[must_use]
pub fn notices(
    before: &ApiServiceStatus,
    after: &ApiServiceStatus,
    applied: &Applied,
    warnings: &[Finding],
) -> Vec<Notice> {
    let changed = after.conditions.iter().filter(|condition| !same(&before.conditions, condition));
    let mut all: Vec<Notice> = changed.filter_map(told).collect();
    all.extend(
        applied
            .repaired
            .iter()
            .map(|what| Notice::new(false, "Repaired", &format!("{what} was changed by somebody and is put back"))),
    );
    all.extend(applied.pruned.iter().map(|what| Notice::new(false, "Removed", &format!("{what} is no longer needed"))));
    if before.observed_generation != after.observed_generation {
        all.extend(warnings.iter().map(|finding| Notice::new(true, camel(finding.rule), &finding.to_string())));
    }
    all
}

/// Whether the condition said the same before. What is invalid is told in the message alone.
fn same(before: &[Condition], now: &Condition) -> bool {
    let then = before.iter().find(|condition| condition.type_ == now.type_);
    then.is_some_and(|then| {
        (&then.status, &then.reason) == (&now.status, &now.reason)
            && (now.reason != "Invalid" || then.message == now.message)
    })
}

fn told(condition: &Condition) -> Option<Notice> {
    let Condition { type_, status, reason, message, .. } = condition;
    match (type_.as_str(), status.as_str(), reason.as_str()) {
        ("Ready", "True", _) | ("PolicyApplied", "True", _) => Some(Notice::new(false, reason, message)),
        ("Ready", "False", "Invalid" | "CredentialDamaged" | "Defect") => Some(Notice::new(true, reason, message)),
        ("SecretsReady", "False", _) => Some(Notice::new(true, "SecretMissing", message)),
        ("Degraded", "True", _) => Some(Notice::new(true, reason, message)),
        _ => None,
    }
}

/// `limit-per-pod` as `LimitPerPod`.
fn camel(rule: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    rule.split('-').map(word).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::condition::{Facet, State, merged};
    use super::*;

    fn status(generation: i64, facets: &[Facet]) -> ApiServiceStatus {
        let conditions = merged(&[], facets, Some(generation), Timestamp::UNIX_EPOCH);
        ApiServiceStatus { observed_generation: Some(generation), conditions, ..ApiServiceStatus::default() }
    }

    fn reasons(before: &ApiServiceStatus, after: &ApiServiceStatus) -> Vec<String> {
        let warnings = [Finding::warning("limit-per-pod", "spec.policy", "each pod counts for itself")];
        notices(before, after, &Applied::default(), &warnings).into_iter().map(|notice| notice.reason).collect()
    }

    #[test]
    fn a_change_is_told_once() {
        let missing = status(1, &[Facet::new("SecretsReady", State::False, "Missing", "x")]);
        let later = status(1, &[Facet::new("SecretsReady", State::False, "Missing", "x, again")]);
        assert_eq!(reasons(&ApiServiceStatus::default(), &missing), ["SecretMissing", "LimitPerPod"]);
        assert_eq!(reasons(&missing, &later), [""; 0]);
    }

    #[test]
    fn another_mistake_is_another_event() {
        let invalid = |text: &str| status(1, &[Facet::new("Ready", State::False, "Invalid", text)]);
        assert_eq!(reasons(&invalid("a"), &invalid("b")), ["Invalid"]);
        assert_eq!(reasons(&invalid("a"), &invalid("a")), [""; 0]);
    }

    #[test]
    fn what_was_put_back_is_told() {
        let applied = Applied { repaired: vec!["Service/shop".into()], ..Applied::default() };
        let told = notices(&status(1, &[]), &status(1, &[]), &applied, &[]);
        assert_eq!((told.len(), told[0].is_warning, told[0].reason.as_str()), (1, false, "Repaired"));
    }
}
