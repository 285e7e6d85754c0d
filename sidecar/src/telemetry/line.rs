//! One line of the access log: what became of a request, without its secrets.

use std::time::Duration;

use crate::facts::{Facts, Refusal};
use crate::json::JsonObject;
use crate::secrets;
use crate::telemetry::timestamp::write_timestamp;
use crate::wire::{Target, Version};

/// The longest user agent that is kept, in bytes.
const USER_AGENT_BYTES: usize = 256;

/// What a line tells.
pub struct Line<'a> {
    /// Service and route, as [`names`] wrote them.
    pub names: &'a [u8],
    /// What is known of the request.
    pub facts: &'a Facts,
    /// The answer's status; 499 where there was none.
    pub status: u16,
    /// From the end of the request's head to the end of the answer.
    pub duration: Duration,
    /// Whether the client went away before it had the whole answer.
    pub client_gone: bool,
}

/// Service and route as members of a line: the same for every request of a route, so they are written once.
#[must_use]
pub fn names(service: &str, route: &str) -> Box<[u8]> {
    let mut members = Vec::new();
    let mut object = JsonObject::begin(&mut members);
    object.text("service", service);
    object.text("route", route);
    // Without the brace that begins an object.
    members.split_off(1).into()
}

/// Writes a line, without its line break.
pub fn write_line(out: &mut Vec<u8>, line: &Line<'_>) {
    let Line { names, facts, status, duration, client_gone } = line;
    let mut object = JsonObject::begin(out);
    object.quoted("time", |out| write_timestamp(out, facts.time));
    object.text("requestId", &facts.request_id);
    object.members(names);
    object.text("method", &facts.asked.method);
    match &facts.asked.target {
        Some(target) => write_path(&mut object, target),
        None => object.text("path", ""),
    }
    object.number("status", u64::from(*status));
    write_refusals(&mut object, facts);
    object.address("client", facts.origin.client);
    if facts.origin.via_proxy {
        object.address("proxy", facts.connection.peer.ip().to_canonical());
    }
    if let Some(caller) = &facts.caller {
        object.text("key", caller.id.as_bytes());
        object.text("subject", &caller.subject);
    }
    object.millis("durationMs", micros(*duration));
    if let Some(upstream) = facts.upstream {
        object.millis("upstreamMs", micros(upstream));
    }
    object.number("requestBytes", facts.transfer.received());
    object.number("responseBytes", facts.transfer.sent());
    object.maybe_text("protocol", facts.asked.version.map(protocol));
    object.maybe_text("tls", facts.connection.tls.as_ref().map(|tls| tls.version));
    let user_agent = facts.asked.user_agent.get(..USER_AGENT_BYTES).unwrap_or(&facts.asked.user_agent);
    if !user_agent.is_empty() {
        match std::str::from_utf8(user_agent) {
            Ok(text) => object.text("userAgent", secrets::redact_text(text).as_bytes()),
            Err(_) => object.text("userAgent", secrets::redact_text(&String::from_utf8_lossy(user_agent)).as_bytes()),
        }
    }
    if *client_gone {
        object.flag("clientGone", true);
    }
    object.end();
}

fn write_refusals(object: &mut JsonObject<'_>, facts: &Facts) {
    if let Some(refusal) = &facts.refusal {
        write_refusal(refusal, object);
    }
    if !facts.would_refuse.is_empty() {
        object.objects("wouldRefuse", &facts.would_refuse, write_refusal);
    }
}

fn write_refusal(refusal: &Refusal, object: &mut JsonObject<'_>) {
    let Refusal { code, field, reason } = refusal;
    object.text("code", code.as_str());
    object.maybe_text("field", field.as_ref().map(|field| field.as_bytes()));
    object.maybe_text("reason", reason.as_ref());
}

/// The target as it came, without its secrets.
fn write_path(object: &mut JsonObject<'_>, target: &Target) {
    let path = secrets::redact_text(target.path());
    match target.query() {
        Some(query) => object.text_of("path", [path.as_bytes(), b"?", secrets::redact_query(query).as_bytes()]),
        None => object.text("path", path.as_bytes()),
    }
}

fn protocol(version: Version) -> &'static str {
    match version {
        Version::Http10 => "HTTP/1.0",
        Version::Http11 => "HTTP/1.1",
        Version::Http2 => "HTTP/2",
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
