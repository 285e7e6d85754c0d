//! What an answer tells about the limits that applied: draft-ietf-httpapi-ratelimit-headers-10, and its ancestors.

use std::sync::Arc;

use bytes::Bytes;
use shipshape_crds::policy::RateLimitFields;

use super::rate_limit::Verdict;
use crate::wire::Fields;

/// What is told of one limit that applied to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    name: Arc<str>,
    policy: Bytes,
    requests: u32,
    remaining: u32,
    wait: u64,
}

impl From<&Verdict<'_>> for Quota {
    fn from(verdict: &Verdict<'_>) -> Self {
        Self {
            name: Arc::clone(&verdict.limit.name),
            policy: verdict.limit.told().clone(),
            requests: verdict.limit.requests(),
            remaining: verdict.decision.remaining,
            wait: verdict.decision.wait_seconds(),
        }
    }
}

/// The fields of the draft, and those that came before it.
pub(super) const STANDARD: [&str; 2] = ["ratelimit-policy", "ratelimit"];
pub(super) const LEGACY: [&str; 3] = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];

/// In which fields limits are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateFields {
    standard: bool,
    legacy: bool,
}

impl RateFields {
    /// The fields that the policy asks for.
    #[must_use]
    pub fn from_policy(policy: Option<RateLimitFields>) -> Self {
        let (standard, legacy) = match policy.unwrap_or_default() {
            RateLimitFields::Both => (true, true),
            RateLimitFields::Standard => (true, false),
            RateLimitFields::Legacy => (false, true),
            RateLimitFields::None => (false, false),
        };
        Self { standard, legacy }
    }

    /// Tells of every limit in `RateLimit-Policy` and `RateLimit`, and of the tightest in `X-RateLimit-*`: they have
    /// room for one only. What the app says about limits of its own is taken out of all of them: two voices would
    /// contradict.
    pub fn dress(self, quotas: &[Quota], fields: &mut Fields) {
        let tightest = quotas.iter().min_by_key(|quota| (quota.remaining, std::cmp::Reverse(quota.wait)));
        let Some(tightest) = tightest.filter(|_| self.standard || self.legacy) else { return };
        fields.retain(|field| !STANDARD.iter().chain(&LEGACY).any(|name| name.as_bytes() == field.name));
        if self.standard {
            let [policy, state] = STANDARD;
            fields.append(policy, policies(quotas));
            fields.append(state, left(quotas));
        }
        if self.legacy {
            let values = [u64::from(tightest.requests), u64::from(tightest.remaining), tightest.wait];
            LEGACY
                .into_iter()
                .zip(values)
                .for_each(|(name, value)| fields.append(name, itoa::Buffer::new().format(value)));
        }
    }
}

fn policies(quotas: &[Quota]) -> Bytes {
    match quotas {
        [only] => only.policy.clone(),
        several => several.iter().map(|quota| &*quota.policy).collect::<Vec<_>>().join(b", ".as_slice()).into(),
    }
}

fn left(quotas: &[Quota]) -> String {
    let mut left = String::with_capacity(quotas.len() * 48);
    for (at, Quota { name, remaining, wait, policy: _, requests: _ }) in quotas.iter().enumerate() {
        left.push_str(if at > 0 { ", \"" } else { "\"" });
        left.push_str(name);
        left.push_str("\";r=");
        left.push_str(itoa::Buffer::new().format(*remaining));
        left.push_str(";t=");
        left.push_str(itoa::Buffer::new().format(*wait));
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an answer tells whose app tells about limits of its own.
    fn dressed(policy: Option<RateLimitFields>, quotas: &[Quota]) -> Vec<(String, String)> {
        let mut fields = Fields::default();
        fields.append("ratelimit", "the app's");
        fields.append("x-ratelimit-limit", "the app's");
        RateFields::from_policy(policy).dress(quotas, &mut fields);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        fields.iter().map(|field| (text(field.name), text(field.value))).collect()
    }

    fn quotas() -> [Quota; 2] {
        let quota = |name: &str, requests, remaining, wait| Quota {
            name: name.into(),
            policy: format!("\"{name}\";q={requests};w=60").into(),
            requests,
            remaining,
            wait,
        };
        [quota("per-client", 30, 0, 2), quota("all", 1000, 900, 1)]
    }

    const NEW: [(&str, &str); 2] = [
        ("ratelimit-policy", r#""per-client";q=30;w=60, "all";q=1000;w=60"#),
        ("ratelimit", r#""per-client";r=0;t=2, "all";r=900;t=1"#),
    ];
    const OLD: [(&str, &str); 3] =
        [("x-ratelimit-limit", "30"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "2")];

    fn is(told: &[(String, String)], expected: &[(&str, &str)]) -> bool {
        told.iter().map(|(name, value)| (name.as_str(), value.as_str())).eq(expected.iter().copied())
    }

    #[test]
    fn every_limit_is_told_and_the_tightest_in_the_old_fields() {
        assert!(is(&dressed(None, &quotas()), &[NEW.as_slice(), &OLD].concat()));
        assert!(is(&dressed(Some(RateLimitFields::Both), &quotas()), &[NEW.as_slice(), &OLD].concat()));
    }

    #[test]
    fn one_family_is_told_alone_and_the_app_s_word_in_the_other_does_not_pass() {
        assert!(is(&dressed(Some(RateLimitFields::Standard), &quotas()), &NEW));
        assert!(is(&dressed(Some(RateLimitFields::Legacy), &quotas()), &OLD));
    }

    #[test]
    fn where_nothing_is_told_the_app_may_tell() {
        let apps = [("ratelimit", "the app's"), ("x-ratelimit-limit", "the app's")];
        assert!(is(&dressed(None, &[]), &apps));
        assert!(is(&dressed(Some(RateLimitFields::None), &quotas()), &apps));
    }
}
