//! One reconcile of an `ApiService`: observe → check → desired → apply → report.

use std::sync::Arc;
use std::time::Duration;

use kube::core::DynamicObject;
use kube::runtime::controller::Action;

use super::context::{Context, until};
use crate::apply::{Applied, Target, apply};
use crate::check::check;
use crate::deliver::{Delivery, deliver};
use crate::desired::desired;
use crate::error::Error;
use crate::model::Sound;
use crate::observe::{Observed, Sources, observe};
use crate::report::{Desk, Outcome, report, report_refusal};

/// How often a service is looked at when nothing happened: what no watch told is found then.
const AT_LATEST: Duration = Duration::from_secs(3600);
/// How often a missing Secret is looked for.
const LOOK_FOR_SECRET: Duration = Duration::from_secs(5);
/// Over how long what is due for all at once is spread, in seconds.
const SPREAD: u64 = 1800;

/// Brings one service to what its specification asks for.
///
/// # Errors
/// When the API server refused or did not answer; it is tried again. What is wrong with the specification is no error:
/// it is reported and waits for an edit.
pub async fn reconcile(object: Arc<DynamicObject>, context: Arc<Context>) -> Result<Action, Error> {
    // Boxed: every read and every object of a service is part of it.
    context.counted("ApiService", &object, Box::pin(steps(&object, &context))).await
}

async fn steps(object: &DynamicObject, context: &Context) -> Result<Action, Error> {
    let shared = &context.shared;
    let (client, metrics) = (&shared.client, &shared.health.metrics);
    let desk = Desk { client, recorder: &shared.recorder };
    // Keys that were not listed yet are not keys that were deleted.
    context.keys.wait_until_ready().await.map_err(|_| Error::Stopping)?;
    let authority = Arc::clone(&shared.authority.borrow());

    let sources = Sources { client, keys: &context.keys, authority, settings: &shared.settings };
    let observed = observe(sources, object).await?;
    let sound = match check(&observed) {
        Ok(sound) => sound,
        Err(refusal) => {
            report_refusal(desk, &observed, &refusal).await?;
            return Ok(Action::requeue(AT_LATEST));
        }
    };
    let objects = desired(&sound).map_err(Error::json("write the objects"))?;
    let applied = apply(Target { client, contests: &context.contests }, &observed, &sound, &objects).await;
    let service = (observed.namespace.as_str(), observed.name.as_str());
    let delivery = deliver(client, &context.deliveries, service, &sound.config.revision, &observed.pods).await;
    let outcome = Outcome { observed: &observed, sound: &sound, applied: &applied, delivery: &delivery };
    let is_news = report(desk, &outcome).await?;

    metrics.applied(&applied);
    metrics.delivered(service, &delivery, is_news);
    metrics.certificate(service, sound.leaf.certificate.not_after.as_second());
    again(&observed, &sound, &applied, &delivery)
}

/// When the service is looked at again, if nothing happens before.
fn again(observed: &Observed, sound: &Sound, applied: &Applied, delivery: &Delivery) -> Result<Action, Error> {
    if let Some(first) = applied.failed.first() {
        return Err(Error::Objects(applied.failed.len(), first.message.clone()));
    }
    let (renews, ends) = (sound.leaf.renews_at(), sound.leaf.certificate.not_after);
    let renewal = until(observed.now, renews) + spread(&observed.uid).min(until(renews, ends) / 4);
    let expiries = observed.keys.iter().filter_map(|key| key.spec.expires_at).filter(|ends| *ends > observed.now);
    let waits = [
        Some(AT_LATEST + spread(&observed.uid)),
        Some(renewal),
        expiries.min().map(|ends| until(observed.now, ends)),
        delivery.ask_again,
        applied.held.then_some(LOOK_FOR_SECRET),
    ];
    Ok(waits.into_iter().flatten().min().map_or_else(Action::await_change, Action::requeue))
}

/// A part of [`SPREAD`] that depends on the service alone.
fn spread(uid: &str) -> Duration {
    let sum = uid.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    Duration::from_secs(sum % SPREAD)
}
