//! route: one reading of the target, the route that claims it, and its limit of length.

use shipshape_crds::policy::Enforcement;
use shipshape_crds::routing::{Matching, NormalPath, PathError};

use super::outline::Outlined;
use super::rules::{RouteRules, Rules};
use crate::facts::{Facts, Request, RouteFact};
use crate::problem::{Code, Problem};
use crate::wire::{Capped, Patience, RequestHead, is_grpc, timed};

/// A request with its rules, its body capped. Its fields are private: only [`route`] makes one, so no phase below can
/// be handed a request that skipped it, or read a body that is not counted.
pub(super) struct Routed<'r> {
    rules: &'r RouteRules,
    head: RequestHead,
    body: Capped,
}

pub(super) fn route<'r>(rules: &'r Rules, facts: &mut Facts, outlined: Outlined) -> Result<Routed<'r>, Problem> {
    rules.hosts.check(outlined.head(), &facts.connection)?;
    facts.route = find(rules, outlined.head())?;
    let found = rules.of(facts.route);
    let Request { head, body } = outlined.into_request();
    // What is empty has no length to judge, neither stalls nor counts.
    let Some(body) = body else { return Ok(Routed { rules: found, head, body: Capped::new(None, None) }) };
    let cap = found.body.of(&head);
    facts.judge(found.body.enforcement, check_length(found.body.enforcement, || cap.check(head.content_length)))?;
    let (limit, enforced) = match found.body.enforcement {
        Enforcement::Enforce => (cap.bytes, cap.bytes),
        Enforcement::Report => (cap.bytes, None),
        Enforcement::Disabled => (None, None),
    };
    // A stream of messages may pause; it ends by rules of its own.
    let patience = if is_grpc(&head.fields) { Patience::default() } else { found.timeouts.body };
    let body = facts.transfer.incoming(timed(body, patience), limit);
    Ok(Routed { rules: found, head, body: Capped::new(Some(body), enforced) })
}

impl<'r> Routed<'r> {
    pub(super) fn rules(&self) -> &'r RouteRules {
        self.rules
    }

    pub(super) fn head(&self) -> &RequestHead {
        &self.head
    }

    pub(super) fn into_parts(self) -> (&'r RouteRules, RequestHead, Capped) {
        (self.rules, self.head, self.body)
    }
}

fn check_length(meant: Enforcement, check: impl FnOnce() -> Result<(), Problem>) -> Result<(), Problem> {
    if meant == Enforcement::Disabled { Ok(()) } else { check() }
}

fn find(rules: &Rules, head: &RequestHead) -> Result<RouteFact, Problem> {
    let (raw, method) = (head.target.path(), head.method_name());
    // Asked of the service as a whole (RFC 9110 section 9.3.7), which no route claims; only OPTIONS can say it.
    if raw == "*" && method == "OPTIONS" {
        return Ok(RouteFact::Default);
    }
    let read = |matching| NormalPath::parse(raw, matching).map_err(path_problem);
    let path = read(rules.config.matching)?;
    let is_internal = |path: &NormalPath<'_>| {
        // Two readings of which one is internal: it stays inside.
        rules.internal.iter().any(|table| !matches!(table.find(path, method), Ok(None)))
    };
    let internal = match rules.config.matching {
        Matching::Folded => is_internal(&path),
        Matching::Exact => is_internal(&read(Matching::Folded)?),
    };
    if internal {
        let problem = Problem::new(Code::NotFound, "There is nothing at this path.");
        return Err(problem.caused_by(&"spec.app.internalPaths".into()));
    }
    let ambiguous = |()| {
        let detail = "With and without its ; parameters this path means different things: leave them out.";
        Problem::new(Code::PathAmbiguous, detail)
    };
    Ok(rules.table.find(&path, method).map_err(ambiguous)?.map_or(RouteFact::Default, RouteFact::Route))
}

fn path_problem(error: PathError) -> Problem {
    let detail = match error {
        PathError::NotAbsolute => "The path must start with /.",
        PathError::BrokenEncoding => "The path has a percent sign without two hexadecimal digits.",
        PathError::HiddenSeparator => "The path has an encoded slash or a backslash.",
        PathError::Control => "The path has a control character.",
        PathError::DotSegment => "The path has a . or .. segment: send it resolved.",
        PathError::NotUtf8 => "The path does not decode to UTF-8.",
        PathError::EncodedTwice => "The path is encoded twice.",
    };
    Problem::new(Code::PathInvalid, detail)
}
