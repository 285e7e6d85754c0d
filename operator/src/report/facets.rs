//! The facets of a service: policy, certificates, Secrets, rollout, trouble.

use jiff::tz::TimeZone;
use shipshape_crds::api::Condition;

use super::condition::{Facet, State};
use super::outcome::{Outcome, pods};
use super::rollout::Rollout;
use super::trouble::worst;
use crate::credentials::server_names;
use crate::deliver::PodState;
use crate::desired::names::tls_secret;
use crate::model::Sound;

/// Whether every running pod confirmed the configuration.
#[must_use]
pub fn policy_applied(outcome: &Outcome<'_>) -> Facet {
    const KIND: &str = "PolicyApplied";
    let (all, confirmed, revision) = (outcome.delivery.pods.len(), outcome.confirmed(), outcome.revision());
    if all == 0 {
        let message = format!("no pod runs yet; each serves revision {revision} from its start");
        return Facet::new(KIND, State::False, "NoPods", message);
    }
    if outcome.is_delivered() {
        let message = format!("{confirmed} of {} confirmed revision {revision}", pods(all as u64));
        let took = outcome.delivery.took.map(|took| format!(" in {:.1} s", took.as_secs_f64())).unwrap_or_default();
        return Facet::new(
            KIND,
            State::True,
            "Acknowledged",
            keep_time(&outcome.observed.status.conditions, message, &took),
        );
    }
    let laggard = outcome.delivery.pods.iter().find_map(|(name, state)| match state {
        PodState::Pending(why) => Some(format!("{name} {why}")),
        PodState::Confirmed => None,
    });
    let message = format!(
        "{confirmed} of {} confirmed revision {revision}: {}; until it confirms, a pod keeps enforcing what it serves",
        pods(all as u64),
        laggard.unwrap_or_default()
    );
    Facet::new(KIND, State::False, "Pending", message)
}

/// A pod that comes or an operator that restarts does not change how long a delivery took.
fn keep_time(before: &[Condition], message: String, took: &str) -> String {
    let said = before.iter().find(|condition| condition.type_ == "PolicyApplied" && condition.status == "True");
    match said.and_then(|condition| condition.message.strip_prefix(&message)) {
        Some(time) if time.is_empty() || time.starts_with(" in ") => format!("{message}{time}"),
        _ => format!("{message}{took}"),
    }
}

/// Whether the certificate is issued and stored, for which names and until when.
#[must_use]
pub fn certificates_ready(outcome: &Outcome<'_>) -> Facet {
    const KIND: &str = "CertificatesReady";
    let Outcome { observed, sound, applied, .. } = outcome;
    let secret = format!("Secret/{}", tls_secret(&sound.name));
    if let Some(failure) = applied.failed.iter().find(|failure| failure.object == secret) {
        let message = format!("{}; pods that run keep the certificate they have", failure.message);
        return Facet::new(KIND, State::False, "NotStored", message);
    }
    let hosts = served_hosts(outcome);
    let own = observed.own_certificates.iter();
    let troubles: Vec<_> = own.filter_map(|certificate| certificate.trouble(observed.now, &hosts)).collect();
    if !troubles.is_empty() {
        let message = format!(
            "{}; pods that have served its certificate before keep it while it is valid, and the built-in one stands for \
             every name of the service",
            troubles.join("; ")
        );
        return Facet::new(KIND, State::False, "SecretUnusable", message);
    }
    let renews = sound.leaf.renews_at().to_zoned(TimeZone::UTC).strftime("%Y-%m-%d").to_string();
    let hostnames = sound.spec.expose.as_ref().map(|expose| expose.hostnames.as_slice()).unwrap_or_default();
    let names = match hostnames {
        [] => format!("{}.{}.svc", sound.name, sound.namespace),
        some => some.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    let own: String =
        sound.spec.certificate_refs().iter().map(|own| format!("; beside it Secret \"{}\"", own.name)).collect();
    Facet::new(KIND, State::True, "Issued", format!("{names}, renews {renews}{own}"))
}

/// Every host that is served; none where any is.
fn served_hosts(outcome: &Outcome<'_>) -> Vec<String> {
    let Sound { namespace, name, spec, settings, .. } = outcome.sound;
    match spec.hostnames() {
        [] => Vec::new(),
        some => server_names(namespace, name, &settings.cluster_domain, some),
    }
}

/// Whether every Secret is there that the app needs.
#[must_use]
pub fn secrets_ready(outcome: &Outcome<'_>) -> Facet {
    let missing = &outcome.observed.missing;
    if missing.is_empty() {
        return Facet::new("SecretsReady", State::True, "Found", "every Secret that the app names is there");
    }
    let told: Vec<_> = missing.iter().map(|missing| missing.told(&outcome.sound.namespace)).collect();
    Facet::new("SecretsReady", State::False, "Missing", format!("{}; {}", told.join("; "), held(&outcome.rollout())))
}

/// What a held rollout means for traffic.
#[must_use]
pub fn held(rollout: &Rollout) -> &'static str {
    if rollout.ready > 0 {
        "rollout held: the running version keeps serving"
    } else {
        "rollout held: nothing serves until then"
    }
}

/// Whether pods are being made or replaced.
#[must_use]
pub fn progressing(outcome: &Outcome<'_>) -> Facet {
    const KIND: &str = "Progressing";
    let rollout = outcome.rollout();
    if outcome.applied.held {
        return Facet::new(KIND, State::False, "Held", held(&rollout));
    }
    if rollout.is_complete() {
        let who =
            outcome.sound.autoscaler.as_ref().map(|one| format!("; hpa/{} says how many, not spec.scale", one.name));
        let message = format!("{} of the newest version{}", pods(rollout.wanted), who.unwrap_or_default());
        return Facet::new(KIND, State::False, "Complete", message);
    }
    let Rollout { wanted, ready, updated, .. } = rollout;
    let message = format!("{updated} of {} are of the newest version, {ready} ready", pods(wanted));
    if rollout.is_late {
        return Facet::new(KIND, State::False, "Stuck", format!("{message}; no progress for ten minutes"));
    }
    Facet::new(KIND, State::True, "RollingOut", message)
}

/// Whether something is wrong that does not heal by waiting.
#[must_use]
pub fn degraded(outcome: &Outcome<'_>) -> Facet {
    const KIND: &str = "Degraded";
    let rollout = outcome.rollout();
    if let Some(failure) = outcome.applied.failed.first() {
        let more = outcome.applied.failed.len() - 1;
        let others = if more == 0 { String::new() } else { format!(" ({more} more)") };
        let message = format!("{}{others}; it is tried again; {}", failure.message, serving(&rollout));
        return Facet::new(KIND, State::True, "ApplyFailed", message);
    }
    if let Some(contested) = outcome.applied.contested.first() {
        let message = format!(
            "{contested} is changed back by something as soon as it is written; see who in kubectl get --show-managed-fields; it is tried again in five minutes"
        );
        return Facet::new(KIND, State::True, "Contested", message);
    }
    if let Some(refused) = &rollout.refused {
        let message = format!("pods cannot be made: {refused}; {}", serving(&rollout));
        return Facet::new(KIND, State::True, "PodsRefused", message);
    }
    match worst(&outcome.observed.pods) {
        Some((trouble, count)) => {
            let others = if count > 1 { format!(" ({} in all)", pods(count as u64)) } else { String::new() };
            Facet::new(KIND, State::True, trouble.reason, format!("{}{others}; {}", trouble.message, serving(&rollout)))
        }
        None => Facet::new(KIND, State::False, "AsExpected", "nothing is known to be wrong"),
    }
}

/// What is left for traffic.
#[must_use]
pub fn serving(rollout: &Rollout) -> String {
    match rollout.ready {
        0 => "nothing serves".to_owned(),
        ready if ready < rollout.wanted => format!("{ready} of {} serve", pods(rollout.wanted)),
        ready => format!("{} serve as before", pods(ready)),
    }
}
