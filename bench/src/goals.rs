//! What the sidecar is held to: a gate that a release must pass, and an aim beyond it.

use serde::Serialize;

use crate::report::{OURS, Report};
use crate::scenario::Scenario::{self, S1, S2, S3, S4, S4h2, S5, S5t, S6, S6t, S8};

/// A figure of a run that is held to something; smaller is better for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// CPU per request: ours in the first scenario over a peer's in the second, floors of one run.
    Ratio(Scenario, &'static str, Scenario),
    /// System calls for each request.
    Syscalls(Scenario),
    /// Memory at rest with full policy, in MB.
    Idle,
    /// Resident memory under the load of S4, in MB.
    Loaded,
    /// Memory of one idle plain connection, in KB.
    PlainConnection,
    /// Memory of one idle TLS connection, in KB.
    TlsConnection,
    /// Memory with 10,000 idle TLS connections, in MB.
    Many,
    /// From starting to the first 200 over TLS, in ms.
    Start,
    /// The compressed program, in MB.
    Image,
}

/// What one figure is held to.
#[derive(Debug, Clone, Copy)]
pub struct Goal {
    /// What is held.
    pub figure: Figure,
    /// What a release must not exceed.
    pub gate: f64,
    /// What is aimed at.
    pub aim: f64,
}

/// How a goal fares in a run.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// What is held.
    pub name: String,
    /// What was measured, where it was.
    pub measured: Option<f64>,
    /// What a release must not exceed.
    pub gate: f64,
    /// What is aimed at.
    pub aim: f64,
    /// `met`, `gate met`, `missed` or `not measured`.
    pub word: &'static str,
    /// Whether the host disturbed the rounds that it follows from: then it is not to be relied on.
    pub disturbed: bool,
}

impl Verdict {
    /// The word as tables show it.
    #[must_use]
    pub fn shown(&self) -> String {
        if self.disturbed { format!("{}, disturbed", self.word) } else { self.word.to_owned() }
    }
}

const fn goal(figure: Figure, gate: f64, aim: f64) -> Goal {
    Goal { figure, gate, aim }
}

/// A goal for a scenario beside a peer.
const fn beside(scenario: Scenario, peer: &'static str, gate: f64, aim: f64) -> Goal {
    goal(Figure::Ratio(scenario, peer, scenario), gate, aim)
}

const HAPROXY: &str = "haproxy";
const NGINX: &str = "nginx";

/// Every goal.
pub const GOALS: [Goal; 31] = [
    beside(S1, HAPROXY, 0.90, 0.75),
    beside(S1, NGINX, 0.85, 0.70),
    beside(S2, HAPROXY, 0.75, 0.62),
    beside(S2, NGINX, 0.68, 0.55),
    beside(S3, HAPROXY, 1.40, 1.15),
    beside(S3, NGINX, 0.95, 0.80),
    beside(S4, HAPROXY, 0.30, 0.22),
    beside(S4, NGINX, 0.75, 0.60),
    beside(S4h2, HAPROXY, 0.45, 0.34),
    beside(S4h2, NGINX, 0.90, 0.75),
    beside(S5, HAPROXY, 0.50, 0.36),
    beside(S5, NGINX, 0.50, 0.36),
    beside(S5t, HAPROXY, 0.48, 0.38),
    beside(S5t, NGINX, 0.50, 0.40),
    beside(S6, HAPROXY, 1.10, 0.80),
    beside(S6, NGINX, 0.80, 0.70),
    beside(S6t, HAPROXY, 0.95, 0.75),
    beside(S6t, NGINX, 0.95, 0.80),
    beside(S8, HAPROXY, 0.45, 0.35),
    beside(S8, NGINX, 0.50, 0.40),
    // Full policy over TLS costs no more than nginx's passing on over TLS.
    goal(Figure::Ratio(S4, NGINX, S2), 1.0, 0.75),
    goal(Figure::Syscalls(S1), 5.0, 4.6),
    goal(Figure::Syscalls(S2), 5.0, 4.6),
    goal(Figure::Syscalls(S4), 5.0, 4.6),
    goal(Figure::Idle, 8.0, 5.0),
    goal(Figure::Loaded, 20.0, 12.0),
    goal(Figure::PlainConnection, 8.0, 2.0),
    goal(Figure::TlsConnection, 16.0, 12.0),
    goal(Figure::Many, 170.0, 130.0),
    goal(Figure::Start, 25.0, 18.0),
    goal(Figure::Image, 8.0, 8.0),
];

/// How every goal fares.
#[must_use]
pub fn verdicts(report: &Report) -> Vec<Verdict> {
    let verdict = |goal: &Goal| {
        let Goal { figure, gate, aim } = *goal;
        let measured = figure.of(report);
        let word = match measured {
            None => "not measured",
            Some(value) if value <= aim => "met",
            Some(value) if value <= gate => "gate met",
            Some(_) => "missed",
        };
        Verdict { name: figure.name(), measured, gate, aim, word, disturbed: figure.is_disturbed(report) }
    };
    GOALS.iter().map(verdict).collect()
}

impl Figure {
    /// The figure in a run, where it was measured.
    #[must_use]
    pub fn of(self, report: &Report) -> Option<f64> {
        let rest = report.footprint(OURS);
        match self {
            Self::Ratio(ours, peer, theirs) => {
                Some(report.summary(ours, OURS)?.floor / report.summary(theirs, peer)?.floor)
            }
            Self::Syscalls(scenario) => Some(report.measured(scenario, OURS)?.syscalls?.per_request),
            Self::Idle => Some(megabytes(rest?.idle)),
            Self::Loaded => Some(megabytes(report.summary(S4, OURS)?.rss)),
            Self::PlainConnection => Some(rest?.plain_connection),
            Self::TlsConnection => Some(rest?.tls_connection),
            Self::Many => Some(megabytes(rest?.many?)),
            Self::Start => Some(rest?.start),
            Self::Image => Some(megabytes(rest?.compressed / 1024)),
        }
    }

    /// Whether it follows from rounds that the host disturbed.
    fn is_disturbed(self, report: &Report) -> bool {
        let disturbed = |scenario, proxy| report.summary(scenario, proxy).is_some_and(|told| told.disturbed);
        matches!(self, Self::Ratio(ours, peer, theirs) if disturbed(ours, OURS) || disturbed(theirs, peer))
    }

    /// What it is, for people.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Ratio(ours, peer, theirs) if ours == theirs => format!("{ours} {}, to {peer}", ours.title()),
            Self::Ratio(ours, peer, theirs) => {
                format!("{ours} {}, to {peer}'s {theirs} {}", ours.title(), theirs.title())
            }
            Self::Syscalls(scenario) => format!("system calls a request, {scenario}"),
            Self::Idle => "idle PSS, full policy, MB".to_owned(),
            Self::Loaded => "RSS under S4, MB".to_owned(),
            Self::PlainConnection => "KB an idle plain connection".to_owned(),
            Self::TlsConnection => "KB an idle TLS connection".to_owned(),
            Self::Many => "10,000 idle TLS connections, MB".to_owned(),
            Self::Start => "exec to first TLS 200, ms".to_owned(),
            Self::Image => "compressed program, MB".to_owned(),
        }
    }
}

/// KiB as MiB.
#[must_use]
pub fn megabytes(kibi: u64) -> f64 {
    kibi as f64 / 1024.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::report;

    fn word(verdicts: &[Verdict], name: &str) -> &'static str {
        verdicts.iter().find(|verdict| verdict.name.contains(name)).unwrap().word
    }

    #[test]
    fn a_goal_is_met_missed_or_met_as_far_as_a_release_needs() {
        let verdicts = verdicts(&report());
        assert_eq!(word(&verdicts, "S1 plain HTTP/1.1, to haproxy"), "missed");
        assert_eq!(word(&verdicts, "S4 full policy, to haproxy"), "met");
        assert_eq!(word(&verdicts, "idle PSS"), "gate met");
        assert_eq!(word(&verdicts, "S6 4 KB up"), "not measured");
        assert_eq!(word(&verdicts, "system calls a request, S1"), "met");
    }

    #[test]
    fn what_follows_from_disturbed_rounds_says_so() {
        let mut report = report();
        let theirs = report.requests.iter_mut().find(|one| (one.scenario, one.proxy) == (S4, HAPROXY)).unwrap();
        theirs.summary.as_mut().unwrap().disturbed = true;
        let verdicts = verdicts(&report);
        let shown = |name: &str| verdicts.iter().find(|verdict| verdict.name.contains(name)).unwrap().shown();
        assert_eq!(shown("S4 full policy, to haproxy"), "met, disturbed");
        assert_eq!(shown("S1 plain HTTP/1.1, to haproxy"), "missed");
    }

    #[test]
    fn no_aim_is_easier_than_its_gate_and_no_goal_stands_twice() {
        let names: std::collections::BTreeSet<String> = GOALS.iter().map(|goal| goal.figure.name()).collect();
        assert_eq!(names.len(), GOALS.len());
        assert!(GOALS.iter().all(|goal| goal.aim <= goal.gate));
    }
}
