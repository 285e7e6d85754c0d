//! record: metrics and the access log, whatever became of the request.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::rules::{RouteRules, Rules};
use super::worker::WorkerContext;
use crate::facts::{Asked, Connection, Facts, Refusal, RouteFact};
use crate::filters::client_address::Origin;
use crate::filters::request_id::request_id;
use crate::problem::Code;
use crate::telemetry::line::{Line, write_line};
use crate::telemetry::metrics::{Ended, Mode};
use crate::transfer::Transfer;
use crate::wire::{Fields, RequestHead};

/// Writes down what became of a request when it is dropped: with the last byte of the answer, when the client goes
/// away, or when a panic unwinds.
pub(super) struct Record<'a> {
    context: &'a WorkerContext,
    rules: &'a Arc<Rules>,
    facts: Facts,
    /// The status of the answer that has begun.
    status: Option<u16>,
    delivered: bool,
    panicked: bool,
}

impl<'a> Record<'a> {
    pub(super) fn open(
        context: &'a WorkerContext,
        rules: &'a Arc<Rules>,
        connection: &Connection,
        head: Option<&RequestHead>,
    ) -> Self {
        context.metrics.begin();
        let facts = facts(context, rules, connection, head);
        Self { context, rules, facts, status: None, delivered: false, panicked: false }
    }

    pub(super) fn facts(&mut self) -> &mut Facts {
        &mut self.facts
    }

    pub(super) fn route(&self) -> &'a RouteRules {
        self.rules.of(self.facts.route)
    }

    /// The answer begins.
    pub(super) fn answering(&mut self, status: u16) {
        self.status = Some(status);
    }

    /// The client took the answer whole.
    pub(super) fn delivered(&mut self) {
        self.delivered = true;
    }

    /// A defect of ours ended it.
    pub(super) fn panicked(&mut self) {
        self.panicked = true;
        self.context.metrics.panics.add(1);
    }
}

impl Drop for Record<'_> {
    fn drop(&mut self) {
        let duration = self.context.clock.monotonic().saturating_sub(self.facts.started);
        let status = self.status.unwrap_or(Code::ClientGone.status());
        self.note_overrun();
        self.count(status, duration);
        let client_gone = !self.delivered && !self.panicked;
        let line = self.line(status, duration, client_gone);
        self.context.access_log.line(|out| write_line(out, &line));
    }
}

impl Record<'_> {
    /// A limit of length that only reports sees an undeclared body only now.
    fn note_overrun(&mut self) {
        let reports = self.route().body.enforcement == shipshape_crds::policy::Enforcement::Report;
        let known = self.facts.would_refuse.iter().any(|refusal| refusal.code == Code::BodyTooLarge);
        if reports && self.facts.transfer.overran() && !known {
            self.facts.would_refuse.push(Refusal { code: Code::BodyTooLarge, field: None, reason: None });
        }
    }

    fn count(&self, status: u16, duration: Duration) {
        let (facts, metrics) = (&self.facts, &self.context.metrics);
        let slot = match facts.route {
            RouteFact::Unrouted => self.rules.unrouted,
            RouteFact::Default | RouteFact::Route(_) => self.route().slot,
        };
        let ended = Ended {
            method: facts.asked.method_name(),
            status,
            duration,
            request_bytes: facts.transfer.received(),
            response_bytes: facts.transfer.sent(),
        };
        metrics.end(slot, &ended);
        facts.refusal.iter().for_each(|refusal| metrics.refuse(slot, refusal.code, Mode::Enforce));
        facts.would_refuse.iter().for_each(|refusal| metrics.refuse(slot, refusal.code, Mode::Report));
    }

    fn line(&self, status: u16, duration: Duration, client_gone: bool) -> Line<'_> {
        let names = match self.facts.route {
            RouteFact::Unrouted => &self.rules.unrouted_names,
            RouteFact::Default | RouteFact::Route(_) => &self.rules.of(self.facts.route).names,
        };
        Line { names, facts: &self.facts, status, duration, client_gone }
    }
}

fn facts(context: &WorkerContext, rules: &Rules, connection: &Connection, head: Option<&RequestHead>) -> Facts {
    let none = Fields::default();
    let fields = head.map_or(&none, |head| &head.fields);
    let origin = rules.addresses.find(peer(connection), fields);
    let time = context.clock.wall();
    Facts {
        connection: connection.clone(),
        started: context.clock.monotonic(),
        time,
        request_id: request_id(origin.via_proxy, fields, time, (context.random)()),
        secure: is_secure(connection, origin, fields),
        origin,
        asked: head.map(Asked::from).unwrap_or_default(),
        route: RouteFact::Unrouted,
        caller: None,
        refusal: None,
        would_refuse: Vec::new(),
        quotas: Vec::new(),
        upstream: None,
        transfer: Arc::new(Transfer::default()),
    }
}

/// Behind a trusted proxy its word counts, over TLS to us too: it says how the client came.
fn is_secure(connection: &Connection, origin: Origin, fields: &Fields) -> bool {
    // The nearest proxy's word stands last; what stands before it, the client may have sent.
    let said = fields.all("x-forwarded-proto").last().filter(|_| origin.via_proxy);
    let said = said.and_then(|said| std::str::from_utf8(said).ok());
    match said.and_then(|said| said.split(',').next_back()).map(str::trim) {
        Some(said) if said.eq_ignore_ascii_case("https") => true,
        Some(said) if said.eq_ignore_ascii_case("http") => false,
        _ => connection.tls.is_some(),
    }
}

fn peer(connection: &Connection) -> IpAddr {
    connection.peer.ip()
}
