//! What is read before a route is known cannot be said by a route; numbers stay within what a sidecar can hold.

use super::finding::Finding;
use super::subject::Subject;
use crate::policy::{Policy, Sizes, Timeouts, Tls};

const MAX_HEADERS: u64 = 64 << 10;
const MAX_URL: u64 = 32 << 10;

pub(super) fn judge(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    judge_sizes("spec.policy.sizes", subject.policy, findings);
    judge_headers("spec.policy", subject.policy, findings);
    for route in &subject.routes {
        let path = format!("spec.routes[{}].policy", route.name);
        for field in before_the_route(route.policy) {
            let message = "this is decided before a route is known: say it in spec.policy";
            findings.push(Finding::error("not-per-route", format!("{path}.{field}"), message));
        }
        judge_headers(&path, route.policy, findings);
    }
}

/// The fields of a route's policy that come too late.
fn before_the_route(policy: &Policy) -> Vec<&'static str> {
    let Sizes { headers, header_count, url, body: _, body_by_type: _, enforcement: _ } =
        policy.sizes.clone().unwrap_or_default();
    let Timeouts { head, connect, idle, request: _, body_idle: _, body_rate: _, stream_idle: _ } =
        policy.timeouts.clone().unwrap_or_default();
    let Tls { profile, min_version, certificate_refs, redirect: _, hsts: _ } = policy.tls.clone().unwrap_or_default();
    let said = [
        ("tls.profile", profile.is_some()),
        ("tls.minVersion", min_version.is_some()),
        ("tls.certificateRefs", !certificate_refs.is_empty()),
        ("clientAddress", policy.client_address.is_some()),
        ("sizes.headers", headers.is_some()),
        ("sizes.headerCount", header_count.is_some()),
        ("sizes.url", url.is_some()),
        ("timeouts.head", head.is_some()),
        ("timeouts.connect", connect.is_some()),
        ("timeouts.idle", idle.is_some()),
    ];
    said.into_iter().filter_map(|(field, is_said)| is_said.then_some(field)).collect()
}

fn judge_sizes(path: &str, policy: &Policy, findings: &mut Vec<Finding>) {
    let Some(sizes) = &policy.sizes else { return };
    let bounds = [("headers", &sizes.headers, MAX_HEADERS, "64Ki"), ("url", &sizes.url, MAX_URL, "32Ki")];
    for (field, size, max, written) in bounds {
        if size.as_ref().is_some_and(|size| size.bytes() > max || size.bytes() < 256) {
            let message = format!("write a size between 256 bytes and {written}");
            findings.push(Finding::error("size-bounds", format!("{path}.{field}"), message));
        }
    }
}

/// Fields that frame a message or say who the caller is are not for a policy to set.
fn judge_headers(path: &str, policy: &Policy, findings: &mut Vec<Finding>) {
    const OURS: [&str; 9] = [
        "connection",
        "content-length",
        "transfer-encoding",
        "upgrade",
        "trailer",
        "te",
        "keep-alive",
        "host",
        "strict-transport-security",
    ];
    let Some(headers) = &policy.security_headers else { return };
    for field in headers.set.iter().filter(|field| OURS.contains(&field.name.lower())) {
        let remedy = if field.name.lower() == "strict-transport-security" {
            "use tls.hsts instead"
        } else {
            "it frames the message: leave it out"
        };
        let path = format!("{path}.securityHeaders.set[{}]", field.name);
        findings.push(Finding::error("header-ours", path, remedy));
    }
    for field in headers.set.iter().filter(|field| field.value.as_ref().is_some_and(|value| !is_field_value(value))) {
        let path = format!("{path}.securityHeaders.set[{}].value", field.name);
        findings.push(Finding::error("header-value", path, "write visible ASCII and spaces only, without line breaks"));
    }
}

fn is_field_value(value: &str) -> bool {
    !value.is_empty() && value.trim() == value && value.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}
