//! What is reported of an `ApiKey`.

use jiff::Timestamp;
use shipshape_crds::api::{ApiKey, ApiKeyStatus, KeyFingerprint};

use crate::report::{Facet, State, merged};

/// What is known of a key besides its specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFacts {
    /// What is kept of it, where it was made.
    pub fingerprint: Option<KeyFingerprint>,
    /// The Secret in which it is handed over.
    pub secret: String,
    /// Whether its service exists.
    pub has_service: bool,
    /// Why it could not be made.
    pub problem: Option<(&'static str, String)>,
}

/// The status of a key at that moment.
#[must_use]
pub fn status(key: &ApiKey, facts: &KeyFacts, now: Timestamp) -> ApiKeyStatus {
    let before = key.status.clone().unwrap_or_default();
    let facet = facet(key, facts, now);
    ApiKeyStatus {
        observed_generation: key.metadata.generation,
        secret_name: facts.fingerprint.as_ref().map(|_| facts.secret.clone()),
        fingerprint: facts.fingerprint.clone(),
        conditions: merged(&before.conditions, &[facet], key.metadata.generation, now),
    }
}

fn facet(key: &ApiKey, facts: &KeyFacts, now: Timestamp) -> Facet {
    const KIND: &str = "Ready";
    let service = &key.spec.service_ref.name;
    if let Some((reason, problem)) = &facts.problem {
        return Facet::new(KIND, State::False, reason, problem.clone());
    }
    if let Some(ends) = key.spec.expires_at.filter(|ends| *ends <= now) {
        let message = format!("the key ended at {ends} and is refused: delete this ApiKey, or set another expiresAt");
        return Facet::new(KIND, State::False, "Expired", message);
    }
    if !facts.has_service {
        let message = format!("apisvc/{service} does not exist in this namespace: the key opens nothing until it does");
        return Facet::new(KIND, State::False, "ServiceMissing", message);
    }
    let message = format!(
        "the key stands in Secret \"{}\" under \"key\": hand it to its owner, then delete that Secret; it is not made again",
        facts.secret
    );
    Facet::new(KIND, State::True, "Issued", message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(expires: Option<&str>) -> ApiKey {
        let value = json!({"apiVersion": "shipshape.dev/v1alpha1", "kind": "ApiKey",
            "metadata": {"name": "alice", "generation": 3},
            "spec": {"serviceRef": {"name": "shop"}, "expiresAt": expires}});
        serde_json::from_value(value).unwrap()
    }

    fn reason(key: &ApiKey, change: impl FnOnce(&mut KeyFacts)) -> String {
        let fingerprint = KeyFingerprint { id: "i".into(), hash: "h".into(), pepper: "p".into() };
        let mut facts = KeyFacts {
            fingerprint: Some(fingerprint),
            secret: "alice-api-key".into(),
            has_service: true,
            problem: None,
        };
        change(&mut facts);
        let status = status(key, &facts, "2026-11-21T09:00:00Z".parse().unwrap());
        assert_eq!(status.observed_generation, Some(3));
        status.conditions[0].reason.clone()
    }

    #[test]
    fn the_first_thing_that_matters_is_said() {
        assert_eq!(reason(&key(None), |_| ()), "Issued");
        assert_eq!(reason(&key(Some("2026-11-21T09:00:01Z")), |_| ()), "Issued");
        assert_eq!(reason(&key(Some("2026-11-21T09:00:00Z")), |_| ()), "Expired");
        assert_eq!(reason(&key(None), |facts| facts.has_service = false), "ServiceMissing");
        assert_eq!(reason(&key(None), |facts| facts.problem = Some(("PepperMissing", "x".into()))), "PepperMissing");
    }
}
