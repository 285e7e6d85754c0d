//! What an answer tells about the limits that applied: draft-ietf-httpapi-ratelimit-headers-10, and its ancestors.

use super::rate_limit::Verdict;
use crate::wire::Fields;

/// What is told of one limit that applied to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    name: std::sync::Arc<str>,
    requests: u32,
    window: u64,
    remaining: u32,
    wait: u64,
}

impl From<&Verdict<'_>> for Quota {
    fn from(verdict: &Verdict<'_>) -> Self {
        Self {
            name: std::sync::Arc::clone(&verdict.limit.name),
            requests: verdict.limit.requests(),
            window: verdict.limit.window_seconds(),
            remaining: verdict.decision.remaining,
            wait: verdict.decision.wait_seconds(),
        }
    }
}

/// Sets `RateLimit-Policy` and `RateLimit` with one item per limit, and `X-RateLimit-*` for the tightest: they have
/// room for one only. What the app says about limits of its own is replaced: two voices would contradict.
pub fn set_fields(quotas: &[Quota], fields: &mut Fields) {
    let tightest = quotas.iter().min_by_key(|quota| (quota.remaining, std::cmp::Reverse(quota.wait)));
    let Some(tightest) = tightest else { return };
    let list = |item: fn(&Quota) -> String| quotas.iter().map(item).collect::<Vec<_>>().join(", ");
    fields.set("ratelimit-policy", list(|q| format!("\"{}\";q={};w={}", q.name, q.requests, q.window)));
    fields.set("ratelimit", list(|q| format!("\"{}\";r={};t={}", q.name, q.remaining, q.wait)));
    fields.set("x-ratelimit-limit", tightest.requests.to_string());
    fields.set("x-ratelimit-remaining", tightest.remaining.to_string());
    fields.set("x-ratelimit-reset", tightest.wait.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_is_told_and_the_tightest_in_the_old_fields() {
        let quota =
            |name: &str, requests, remaining, wait| Quota { name: name.into(), requests, window: 60, remaining, wait };
        let mut fields = Fields::default();
        fields.append("x-ratelimit-limit", "the app's");
        set_fields(&[quota("per-client", 30, 0, 2), quota("all", 1000, 900, 1)], &mut fields);
        assert_eq!(fields.text("ratelimit-policy"), Some(r#""per-client";q=30;w=60, "all";q=1000;w=60"#));
        assert_eq!(fields.text("ratelimit"), Some(r#""per-client";r=0;t=2, "all";r=900;t=1"#));
        assert_eq!(fields.all("x-ratelimit-limit").count(), 1);
        let old = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"].map(|name| fields.text(name));
        assert_eq!(old, [Some("30"), Some("0"), Some("2")]);
    }

    #[test]
    fn without_a_limit_nothing_is_told() {
        let mut fields = Fields::default();
        set_fields(&[], &mut fields);
        assert!(fields.is_empty());
    }
}
