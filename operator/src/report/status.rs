//! The whole status, from what was read and done.

use shipshape_crds::api::ApiServiceStatus;

use super::condition::{Facet, State, merged};
use super::facets::{certificates_ready, degraded, policy_applied, progressing, secrets_ready};
use super::limits::bounds;
use super::outcome::Outcome;
use super::ready::ready;
use crate::check::Refusal;
use crate::observe::Observed;

/// The status of a service whose objects were brought to what is desired.
#[must_use]
pub fn status(outcome: &Outcome<'_>) -> ApiServiceStatus {
    let Outcome { observed, sound, .. } = outcome;
    let rollout = outcome.rollout();
    let facets = [
        ready(outcome),
        progressing(outcome),
        degraded(outcome),
        policy_applied(outcome),
        certificates_ready(outcome),
        secrets_ready(outcome),
    ];
    ApiServiceStatus {
        observed_generation: observed.generation,
        replicas: Some(format!("{}/{}", rollout.ready, rollout.wanted)),
        revision: Some(outcome.revision().to_owned()),
        url: Some(url(outcome)),
        limits: bounds(&sound.config, sound.most_replicas()),
        conditions: merged(&observed.status.conditions, &facets, observed.generation, observed.now),
    }
}

/// The status of a service of which nothing can be made: what was reported before of running pods stays true.
#[must_use]
pub fn refused(observed: &Observed, refusal: &Refusal) -> ApiServiceStatus {
    let runs = observed.child("Deployment", &observed.name).is_some();
    let meaning = if runs { "the last valid configuration stays in force" } else { "nothing was made" };
    let (reason, facet) = match refusal {
        Refusal::Invalid(findings) => ("Invalid", format!("{}; {meaning}", findings.join("; "))),
        Refusal::Credential(error) => ("CredentialDamaged", format!("{error}; {meaning}")),
        Refusal::Json(error) => ("Defect", format!("a configuration could not be written: {error}; {meaning}")),
    };
    let mut facets = vec![Facet::new("Ready", State::False, reason, facet.clone())];
    if let Refusal::Credential(_) = refusal {
        facets.push(Facet::new("CertificatesReady", State::False, reason, facet));
    }
    ApiServiceStatus {
        observed_generation: observed.generation,
        conditions: merged(&observed.status.conditions, &facets, observed.generation, observed.now),
        ..observed.status.clone()
    }
}

fn url(outcome: &Outcome<'_>) -> String {
    let sound = outcome.sound;
    let first = sound.spec.expose.as_ref().and_then(|expose| expose.hostnames.first());
    match first {
        Some(hostname) => format!("https://{hostname}"),
        None => format!("https://{}.{}.svc", sound.name, sound.namespace),
    }
}
