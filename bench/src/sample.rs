//! A report for tests of what is made of reports.

use crate::cores::Cores;
use crate::figures::Summary;
use crate::footprint::Footprint;
use crate::report::{Machine, Method, Named, Report};
use crate::rounds::{LeftOut, Measured};
use crate::scenario::Scenario;
use crate::syscalls::{Syscalls, Tool};

/// Ours and one peer in two scenarios.
pub fn report() -> Report {
    Report {
        date: "2026-11-21T09:00:00Z".into(),
        commit: "abc1234".into(),
        modified: false,
        build: "quick".into(),
        machine: Machine { cores: Cores { load: 0, proxy: 1 }, ..Machine::this(Cores { load: 0, proxy: 1 }) },
        method: Method { warm_up: 600, window: 2500, rounds: 5 },
        proxies: vec![named("shipshape", "0.1.0"), named("haproxy", "2.6.12")],
        requests: vec![
            measured(Scenario::S1, "shipshape", 18.04),
            measured(Scenario::S1, "haproxy", 18.0),
            measured(Scenario::S4, "shipshape", 20.0),
            measured(Scenario::S4, "haproxy", 100.0),
        ],
        footprints: vec![Footprint {
            proxy: "shipshape",
            program: 8 << 20,
            compressed: 4 << 20,
            start: 20.0,
            starts: vec![20.0],
            idle: 6 * 1024,
            plain_connection: 4.0,
            tls_connection: 14.0,
            many: Some(140 * 1024),
        }],
        left_out: vec![LeftOut { what: "S6".into(), proxy: "haproxy", why: "it said: a | b".into() }],
    }
}

fn named(name: &'static str, version: &str) -> Named {
    Named { name, version: version.to_owned() }
}

fn measured(scenario: Scenario, proxy: &'static str, floor: f64) -> Measured {
    let summary = Summary {
        floor,
        median: floor + 4.0,
        user: 0.4,
        busy: 0.9,
        waited: 0.05,
        per_second: 12_345.6,
        rss: 10_240,
        used: 4,
        left_out: 1,
        disturbed: false,
    };
    let syscalls = scenario.counts_syscalls().then_some(Syscalls { per_request: 4.1, tool: Tool::Perf });
    Measured { scenario, proxy, summary: Some(summary), syscalls, rounds: Vec::new() }
}
