//! The findings of the shop's review are complete in themselves: whoever reads or counts them may rely on it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use serde::Deserialize;

const FINDINGS: &str = include_str!("../../shop/findings.yaml");

/// The rows of the requirements.
const CAPABILITIES: [&str; 75] = [
    "tls",
    "headers",
    "cors",
    "csrf",
    "cookies",
    "jwt",
    "extauth",
    "oidc",
    "token",
    "apikey",
    "rbac",
    "hmac",
    "webhook-store",
    "ratelimit",
    "login-guard",
    "quota",
    "ipfilter",
    "bodylimit",
    "timeouts",
    "validate",
    "errors",
    "requestid",
    "accesslog",
    "audit",
    "compress",
    "cache",
    "breaker",
    "egress",
    "health",
    "degrade",
    "drain",
    "version",
    "upgrade",
    "timing",
    "metrics",
    "tracing",
    "errortrack",
    "docs",
    "export",
    "report",
    "explain",
    "workload",
    "adopt",
    "workers",
    "scale",
    "secrets",
    "certs",
    "dbpool",
    "dbadvice",
    "migrate",
    "backup",
    "restore",
    "alerts",
    "notify",
    "dashboard",
    "uptime",
    "network",
    "inject",
    "admission",
    "profile",
    "rollout",
    "dr",
    "score",
    "ack",
    "supply",
    "cost",
    "keys",
    "kubectl",
    "helm",
    "local",
    "check",
    "review",
    "plugin",
    "web",
    "loadtest",
];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Finding {
    id: String,
    section: String,
    quote: String,
    figure: Option<String>,
    capability: Option<String>,
    state: Option<State>,
    test: Option<String>,
    same_as: Option<String>,
    note: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
enum State {
    Enforced,
    Open,
    Detected,
    AppOnly,
}

fn findings() -> anyhow::Result<Vec<Finding>> {
    serde_saphyr::from_str(FINDINGS).context("findings.yaml cannot be read")
}

#[test]
fn ids_are_unique_and_no_text_is_empty() {
    let mut ids = BTreeSet::new();
    for finding in findings().unwrap() {
        let Finding { id, section, quote, figure, note, capability: _, state: _, test: _, same_as: _ } = finding;
        for text in [&id, &section, &quote].into_iter().chain(&figure).chain(&note) {
            assert!(!text.trim().is_empty(), "{id}");
        }
        assert!(ids.insert(id.clone()), "{id} stands there twice");
    }
}

#[test]
fn every_finding_has_a_state_and_what_belongs_to_it() {
    for Finding { id, capability, state, test, same_as, .. } in findings().unwrap() {
        let (Some(state), None) = (state, &same_as) else {
            assert!(same_as.is_some() && state.is_none() && capability.is_none() && test.is_none(), "{id}");
            continue;
        };
        assert_eq!(test.is_some(), state == State::Enforced, "{id}: a test, where and only where it is Enforced");
        assert_eq!(capability.is_none(), state == State::AppOnly, "{id}: a capability, unless it is AppOnly");
        let known = capability.iter().all(|name| CAPABILITIES.contains(&name.as_str()));
        assert!(known, "{id}: {capability:?} is no row of the requirements");
    }
}

#[test]
fn what_was_said_before_points_to_where_it_was_said() {
    let findings = findings().unwrap();
    let originals: BTreeSet<&str> =
        findings.iter().filter(|finding| finding.same_as.is_none()).map(|finding| finding.id.as_str()).collect();
    for finding in &findings {
        let target = finding.same_as.as_deref();
        assert!(target.is_none_or(|target| originals.contains(target)), "{}: {target:?}", finding.id);
    }
}

#[test]
fn all_sections_are_there_and_the_readme_counts_right() {
    let findings = findings().unwrap();
    let sections: BTreeSet<&str> = findings.iter().map(|finding| finding.section.as_str()).collect();
    assert_eq!(sections.len(), 29, "{sections:?}");
    let mut counts = BTreeMap::new();
    for state in findings.iter().filter_map(|finding| finding.state) {
        *counts.entry(state).or_insert(0) += 1;
    }
    let count = |state| counts.get(&state).copied().unwrap_or(0);
    let sentence = format!(
        "{} findings: {} Enforced, {} Open, {} Detected, {} AppOnly, {} said twice",
        findings.len(),
        count(State::Enforced),
        count(State::Open),
        count(State::Detected),
        count(State::AppOnly),
        findings.iter().filter(|finding| finding.same_as.is_some()).count(),
    );
    let readme = include_str!("../../shop/README.md");
    assert!(readme.contains(&sentence), "write into examples/shop/README.md: {sentence}");
}
