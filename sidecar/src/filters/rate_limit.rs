//! One rate limit, and several judged together: all pass, or nothing is consumed.

use std::sync::Arc;

use bytes::Bytes;
use shipshape_crds::policy::{self, Enforcement, Per};
use shipshape_crds::validate::Finding;

use crate::counters::{Allowance, Counter, Decision, Identity, Key, LimitStore, Scope};
use crate::problem::{Code, Problem};
use crate::telemetry::metrics::LimitSlot;

/// One rate limit.
pub struct RateLimit {
    /// Its name.
    pub name: Arc<str>,
    /// What it counts together.
    pub per: Per,
    /// Whether it refuses, or only reports.
    pub enforcement: Enforcement,
    /// Where its decisions are counted.
    pub slot: LimitSlot,
    allowance: Allowance,
    counter: Arc<Counter>,
    field: Arc<str>,
    words: String,
    /// What the answer's `RateLimit-Policy` says of it.
    told: Bytes,
}

/// What one limit said about one request.
#[derive(Clone, Copy)]
pub struct Verdict<'l> {
    /// The limit.
    pub limit: &'l RateLimit,
    /// Its decision.
    pub decision: Decision,
}

impl RateLimit {
    /// A limit of a policy that is not disabled.
    ///
    /// # Errors
    /// When it does not say what, how many, or in which window.
    pub fn from_policy(
        policy: &policy::RateLimit,
        scope: Scope,
        field: Arc<str>,
        store: &LimitStore,
        slot: LimitSlot,
    ) -> Result<Self, Finding> {
        let policy::RateLimit { name, per, requests, window, guarantee, enforcement } = policy;
        let missing = |word| Finding::error("limit-whole", &*field, format!("{word} is missing: write it"));
        let per = per.ok_or_else(|| missing("per"))?;
        let requests = requests.ok_or_else(|| missing("requests"))?;
        let window = window.as_ref().ok_or_else(|| missing("window"))?.duration();
        let allowance = Allowance::new(requests, window);
        let guarantee = guarantee.unwrap_or_default();
        let identity = Identity { scope, name: name.clone(), per, window: allowance.window(), guarantee };
        Ok(Self {
            name: name.as_str().into(),
            per,
            enforcement: enforcement.unwrap_or_default(),
            slot,
            counter: store.counter(&identity),
            field,
            words: words(requests, window.as_secs()),
            told: format!("\"{name}\";q={requests};w={}", allowance.window().div_ceil(1_000_000_000)).into(),
            allowance,
        })
    }

    /// How many requests it allows.
    #[must_use]
    pub fn requests(&self) -> u32 {
        self.allowance.requests()
    }

    /// Name, requests and window (in whole seconds, rounded up) as an item of `RateLimit-Policy`.
    #[must_use]
    pub fn told(&self) -> &Bytes {
        &self.told
    }
}

/// Asks several limits about one request. Each takes one at once, atomically; if an enforced one refuses, those that
/// took give it back, so a refused request consumes nothing. Between the two a request on another thread may be
/// refused for a unit that is then given back: that errs on the safe side, and never lets one more through than
/// allowed, as looking first and taking later would.
pub fn ask<'l>(limits: &'l [RateLimit], key: impl Fn(Per) -> Key, now: u64) -> Vec<Verdict<'l>> {
    let take = |limit: &'l RateLimit| {
        let decision = limit.counter.take(&key(limit.per), &limit.allowance, now);
        Verdict { limit, decision }
    };
    let mut verdicts: Vec<Verdict<'l>> = limits.iter().map(take).collect();
    if verdicts.iter().any(Verdict::refuses) {
        for verdict in verdicts.iter_mut().filter(|verdict| verdict.decision.admitted) {
            let limit = verdict.limit;
            limit.counter.give_back(&key(limit.per), &limit.allowance, now);
            verdict.decision.remaining += 1;
        }
    }
    verdicts
}

impl Verdict<'_> {
    /// Whether the limit refuses the request, and means it.
    #[must_use]
    pub fn refuses(&self) -> bool {
        !self.decision.admitted && self.limit.enforcement == Enforcement::Enforce
    }

    /// Whether the limit would refuse the request, and only reports.
    #[must_use]
    pub fn reports(&self) -> bool {
        !self.decision.admitted && self.limit.enforcement != Enforcement::Enforce
    }

    /// The refusal: what is allowed, and when to try again.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let (limit, seconds) = (self.limit, self.decision.wait_seconds());
        Problem::new(Code::RateLimited, format!("{} Try again in {seconds} s.", limit.words))
            .caused_by(&limit.field)
            .violating(&limit.name)
            .with_field("retry-after", seconds.to_string())
    }
}

/// Such as `30 requests per minute are allowed.`
fn words(requests: u32, seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let (length, unit) = UNITS.into_iter().find(|(length, _)| seconds.is_multiple_of(*length)).unwrap_or((1, "second"));
    let window = match seconds / length {
        1 => unit.to_owned(),
        several => format!("{several} {unit}s"),
    };
    match requests {
        1 => format!("1 request per {window} is allowed."),
        several => format!("{several} requests per {window} are allowed."),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn limit(store: &LimitStore, name: &str, requests: u32, enforcement: &str) -> RateLimit {
        let policy =
            json!({"name": name, "per": "IP", "requests": requests, "window": "1m", "enforcement": enforcement});
        let policy = serde_json::from_value(policy).unwrap();
        RateLimit::from_policy(&policy, Scope::Service, "f".into(), store, LimitSlot::default()).ok().unwrap()
    }

    #[test]
    fn a_refused_request_consumes_nothing_of_the_other_limits() {
        let store = LimitStore::default();
        let limits = [limit(&store, "wide", 10, "Enforce"), limit(&store, "tight", 1, "Enforce")];
        let remaining = |now| -> Vec<_> {
            ask(&limits, |_| Key::All, now).iter().map(|v| (v.decision.admitted, v.decision.remaining)).collect()
        };
        assert_eq!(remaining(0), [(true, 9), (true, 0)]);
        for _ in 0..50 {
            assert_eq!(remaining(1), [(true, 9), (false, 0)]);
        }
        assert_eq!(limits[0].counter.take(&Key::All, &limits[0].allowance, 1).remaining, 8);
    }

    #[test]
    fn a_limit_that_only_reports_refuses_nobody() {
        let store = LimitStore::default();
        let limits = [limit(&store, "wide", 10, "Enforce"), limit(&store, "tight", 1, "Report")];
        ask(&limits, |_| Key::All, 0);
        let verdicts = ask(&limits, |_| Key::All, 0);
        assert!(!verdicts.iter().any(Verdict::refuses) && verdicts[1].reports());
        assert_eq!(verdicts[0].decision.remaining, 8);
    }

    #[test]
    fn threads_that_ask_several_limits_pass_no_more_than_the_tightest_and_leave_no_trace_of_refusals() {
        let store = LimitStore::default();
        let limits = [limit(&store, "wide", 1000, "Enforce"), limit(&store, "tight", 100, "Enforce")];
        let passed = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        let refused = ask(&limits, |_| Key::All, 0).iter().any(Verdict::refuses);
                        passed.fetch_add(u32::from(!refused), std::sync::atomic::Ordering::Relaxed);
                    }
                });
            }
        });
        let passed = passed.into_inner();
        assert_eq!(passed, 100, "a refusal of the wide limit could only come from more than 900 requests at once");
        assert_eq!(limits[0].counter.take(&Key::All, &limits[0].allowance, 0).remaining, 1000 - passed - 1);
    }

    #[test]
    fn the_refusal_says_what_is_allowed_and_when() {
        let store = LimitStore::default();
        let limits = [limit(&store, "tight", 1, "Enforce")];
        ask(&limits, |_| Key::All, 0);
        let problem = ask(&limits, |_| Key::All, 0)[0].problem();
        assert_eq!(problem.detail(), "1 request per minute is allowed. Try again in 64 s.");
        assert_eq!(problem.field().map(|field| &**field), Some("f"));
        assert_eq!(words(100, 900), "100 requests per 15 minutes are allowed.");
        assert_eq!(words(2, 1), "2 requests per second are allowed.");
        assert_eq!(words(2, 86_400), "2 requests per day are allowed.");
    }

    #[test]
    fn a_limit_that_is_not_whole_is_a_finding() {
        let policy = serde_json::from_value(json!({"name": "x", "per": "IP", "requests": 1})).unwrap();
        let built =
            RateLimit::from_policy(&policy, Scope::Service, "f".into(), &LimitStore::default(), LimitSlot::default());
        assert_eq!(built.err().map(|finding| finding.to_string()).as_deref(), Some("f: window is missing: write it"));
    }
}
