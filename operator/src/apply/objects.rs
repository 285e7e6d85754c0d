//! The loop over all objects, in their order.

use std::time::Instant;

use kube::Client;

use super::applied::{Applied, Failure};
use super::contested::Contests;
use super::prune::prune;
use super::scale::scale;
use super::verdict::{Verdict, drift, judge};
use super::write::Writer;
use crate::error::Error;
use crate::model::Sound;
use crate::object::Object;
use crate::observe::{Live, Observed};

/// Where objects are written.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    /// The API server.
    pub client: &'a Client,
    /// Objects that something changes back.
    pub contests: &'a Contests,
}

/// Brings the service's objects to what is desired. One that cannot be written does not keep the others back; only the
/// pods wait while a Secret is missing that they need.
pub async fn apply(target: Target<'_>, observed: &Observed, sound: &Sound, desired: &[Object]) -> Applied {
    let mut applied = Applied::default();
    for object in desired {
        if object.kind() == "Deployment" && !observed.missing.is_empty() {
            applied.held = true;
            continue;
        }
        let live = observed.child(object.kind(), object.name());
        if let Err(error) = bring(target, observed, object, live, &mut applied).await {
            applied.failed.push(Failure::new(object.kind(), object.name(), &error));
        }
    }
    for (what, outcome) in prune(target.client, observed, desired).await {
        match outcome {
            Ok(()) => applied.pruned.push(what),
            Err(error) => applied.failed.push(Failure { object: what, message: error.to_string() }),
        }
    }
    if let Err(error) = scale(target.client, observed, sound, &applied).await {
        applied.failed.push(Failure::new("Deployment", &sound.name, &error));
    }
    applied
}

async fn bring(
    target: Target<'_>,
    observed: &Observed,
    object: &Object,
    live: Option<&Live>,
    applied: &mut Applied,
) -> Result<(), Error> {
    let writer = Writer::new(target.client, &observed.namespace, object);
    // What was not found by its label may still be there, and somebody else's.
    let found = match live {
        Some(live) => Some(live.clone()),
        None => writer.find().await?,
    };
    let what = format!("{}/{}", object.kind(), object.name());
    let written = match (judge(object, found.as_ref(), &observed.name, &observed.uid), &found) {
        (Verdict::Taken, _) => return Err(Error::Taken(what)),
        (Verdict::Unchanged, _) => {
            applied.unchanged.push(what);
            return Ok(());
        }
        (Verdict::Repair(field), Some(live)) => {
            if target.contests.truce(live.uid(), &object.hash(), Instant::now()).is_some() {
                applied.contested.push(format!("{what} at {field}"));
                return Ok(());
            }
            tracing::info!(object = %what, %field, "someone changed it: putting it back");
            applied.repaired.push(what.clone());
            writer.replace(live).await?
        }
        (Verdict::Create | Verdict::Update | Verdict::Repair(_), _) => {
            applied.written.push(what.clone());
            writer.apply().await?
        }
    };
    settle(target, object, &writer, written, applied).await
}

/// What an apply leaves of others' edits is replaced at once; what is changed back even then is left for a while.
async fn settle(
    target: Target<'_>,
    object: &Object,
    writer: &Writer<'_>,
    written: Live,
    applied: &mut Applied,
) -> Result<(), Error> {
    let last = if drift(object, &written).is_some() { writer.replace(&written).await? } else { written };
    if let Some(field) = drift(object, &last) {
        target.contests.lost(last.uid(), &object.hash(), &field, Instant::now());
        applied.contested.push(format!("{}/{} at {field}", object.kind(), object.name()));
    }
    if object.kind() == "Deployment" {
        applied.deployment = Some(last);
    }
    Ok(())
}
