//! dress: what every answer carries, the app's as well as our own.

use super::rules::RouteRules;
use crate::facts::Facts;
use crate::filters::request_id;
use crate::wire::ResponseHead;

pub(super) fn dress(rules: &RouteRules, facts: &Facts, head: &mut ResponseHead) {
    rules.headers.dress(&mut head.fields, facts.secure);
    rules.limit_fields.dress(&facts.quotas, &mut head.fields);
    if let Some(cors) = &rules.cors {
        cors.dress(&facts.asked.origin, &mut head.fields);
    }
    // What one caller may see must not be kept for the next, unless the app said how.
    if facts.caller.is_some() && !head.fields.has("cache-control") {
        head.fields.append("cache-control", "no-store");
    }
    // RFC 9110 section 10.2.3: whoever is sent away is told for how long.
    if matches!(head.status, 429 | 503) && facts.refusal.is_some() && !head.fields.has("retry-after") {
        head.fields.append("retry-after", "1");
    }
    head.fields.set(request_id::FIELD, &facts.request_id);
}
