//! What the phases with limits share: ask them, count what they decided, note what the answer tells.

use shipshape_crds::policy::{Enforcement, Per};

use super::worker::WorkerContext;
use crate::counters::Key;
use crate::facts::{Facts, Refusal};
use crate::filters::rate_limit::{RateLimit, Verdict, ask};
use crate::problem::Problem;
use crate::telemetry::metrics::LimitDecision;

/// Asks the limits of a phase, counts what they decided, and notes what the answer tells about them. A limit that
/// only reports tells clients nothing: it is not yet a promise.
pub(super) fn take(
    context: &WorkerContext,
    facts: &mut Facts,
    limits: &[RateLimit],
    key: impl Fn(Per) -> Key,
) -> Result<(), Problem> {
    if limits.is_empty() {
        return Ok(());
    }
    // The time of the request, not of this phase: asking for the time costs as much as a limit.
    let nanos = u64::try_from(facts.started.as_nanos()).unwrap_or(u64::MAX);
    let verdicts = ask(limits, key, nanos);
    let mut refusal: Option<(u64, Problem)> = None;
    facts.quotas.reserve_exact(verdicts.len());
    for verdict in &verdicts {
        context.metrics.decide(verdict.limit.slot, decision(verdict));
        if verdict.reports() {
            facts.would_refuse.push(Refusal::from(&verdict.problem()));
        } else if verdict.limit.enforcement == Enforcement::Enforce {
            facts.quotas.push(verdict.into());
        }
        if verdict.refuses() {
            // The longest wait is the one that helps: after a shorter one the other limit would refuse again.
            refusal = Some(match refusal.take() {
                Some((wait, problem)) if wait >= verdict.decision.wait => {
                    (wait, problem.violating(&verdict.limit.name))
                }
                Some((_, other)) => (verdict.decision.wait, verdict.problem().violating_too(&other)),
                None => (verdict.decision.wait, verdict.problem()),
            });
        }
    }
    refusal.map_or(Ok(()), |(_, problem)| Err(problem))
}

fn decision(verdict: &Verdict<'_>) -> LimitDecision {
    match () {
        () if verdict.refuses() => LimitDecision::Refused,
        () if verdict.reports() => LimitDecision::Reported,
        () => LimitDecision::Admitted,
    }
}
