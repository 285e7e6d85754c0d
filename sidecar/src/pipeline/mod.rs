//! One request, from its head to its log line: the order of the protections, which is the product.

mod authorise;
mod build;
mod deliver;
mod dress;
mod farewell;
mod forward;
mod identify;
mod inspect;
mod lasting;
mod limits;
mod meter;
mod outline;
mod preflight;
mod record;
mod refuse;
mod route;
mod rules;
mod screen;
#[cfg(test)]
mod tests;
mod worker;

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;

use futures::FutureExt;

pub use crate::filters::https_redirect::Ports;
pub use refuse::refuse;
pub use rules::{Inputs, Rules};
pub use worker::WorkerContext;

use crate::answer::Answer;
use crate::facts::{Connection, Facts, Request};
use crate::wire::{App, Body, Client, ResponseHead};

/// Answers one request. Ends when the client took the whole answer or went away; dropping it is going away too.
pub async fn handle(
    context: &WorkerContext,
    rules: &Arc<Rules>,
    connection: &Connection,
    request: Request,
    mut client: impl Client,
    app: &impl App,
) {
    // First, so that whatever happens from here on is counted and logged when it is dropped.
    let mut record = record::Record::open(context, rules, connection, Some(&request.head));
    let outcome = {
        // Pinned where it lies: it is large, and each hand that it passes through would move it.
        let exchange = pin!(exchange(context, rules, record.facts(), request, &mut client, app));
        // A defect that one request meets must not end the others.
        AssertUnwindSafe(exchange).catch_unwind().await
    };
    deliver::deliver(&mut record, outcome, client).await;
}

/// The order. Each phase takes the proof of the one before, so none can be left out.
async fn exchange(
    context: &WorkerContext,
    rules: &Rules,
    facts: &mut Facts,
    request: Request,
    client: &mut impl Client,
    app: &impl App,
) -> Result<(ResponseHead, Body), Answer> {
    // What is too large to look at is not looked at.
    let outline = outline::outline(rules, request)?;
    // Everything below depends on the route: its limits, its callers, its sizes.
    let routed = route::route(rules, facts, outline)?;
    // Limits that need no identity come before anything that costs: a flood must not buy cryptography.
    let screened = screen::screen(context, facts, routed)?;
    // A key that came in the clear must not be looked at: the client is to send it again over TLS.
    let cleared = preflight::preflight(facts, screened)?;
    // Who it is, before what it may do: 401 comes before 403.
    let caller = identify::identify(rules, facts, cleared)?;
    // Who may not do this must not use up the allowance of those who may.
    let permit = authorise::authorise(facts, caller)?;
    // By credential: only a caller that is known can be counted by name.
    let metered = meter::meter(context, facts, permit)?;
    // Content last: reading it is the dearest.
    let admitted = inspect::inspect(metered);
    forward::forward(context, facts, admitted, client, app).await
}
