//! A run as the README shows it.

use std::fmt::Write;

use crate::figures::Summary;
use crate::goals::{Figure, Verdict};
use crate::report::Report;
use crate::scenario::Scenario;
use crate::table;

/// What the full policies do not have in common.
const DIFFERENCES: &str = "With the full policy (S4, S4h2, S8) ours looks an API key up, HAProxy and Envoy prove a \
token (RS256, 50 of them in turn; Envoy remembers proven ones), and nginx, which reads no tokens, only asks whether \
there is one. The peers also answer cross-origin requests; ours also tells the limits in its answers. Ours writes its \
access log and counts in every scenario, the peers with the full policy only.";

/// The whole page; `picture` is the name of its picture's file.
#[must_use]
pub fn page(report: &Report, verdicts: &[Verdict], picture: &str) -> String {
    let day = report.date.split('T').next().unwrap_or_default();
    let (circumstances, requests) = (report.circumstances(), requests(report));
    let mut page = format!(
        "# What a request costs, {day}\n\n{circumstances}.\n\n![CPU µs a request]({picture})\n\nCPU µs a request, one \
         worker thread: floor (median) of the rounds, and ours as a part of theirs.\n\n{requests}\n{DIFFERENCES}\n"
    );
    if !report.footprints.is_empty() {
        page.push_str("\nStart and memory.\n\n");
        page.push_str(&footprints(report));
    }
    page.push_str("\nGoals; smaller is better.\n\n");
    page.push_str(&goals(verdicts));
    for left_out in &report.left_out {
        let why = left_out.why.split_whitespace().collect::<Vec<_>>().join(" ");
        // Writing to a string cannot fail.
        let _ = write!(page, "\n{} was not measured with {}: {why}\n", left_out.what, left_out.proxy);
    }
    page
}

fn requests(report: &Report) -> String {
    let names: Vec<&'static str> = report.proxies.iter().map(|one| one.name).collect();
    let peers = report.peers();
    let header = names.iter().map(|name| (*name).to_owned()).chain(peers.iter().map(|peer| format!("ours / {peer}")));
    let header: Vec<String> = ["scenario".to_owned()].into_iter().chain(header).collect();
    let row = |scenario: Scenario| {
        let cost = |name: &&str| report.summary(scenario, name).map_or_else(|| "-".to_owned(), cost);
        let ratio = |peer: &&'static str| {
            let ratio = Figure::Ratio(scenario, peer, scenario).of(report);
            ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"))
        };
        let title = format!("{scenario} {}", scenario.title());
        [title].into_iter().chain(names.iter().map(cost)).chain(peers.iter().map(ratio)).collect()
    };
    lines(&header, report.scenarios().into_iter().map(row))
}

fn cost(told: &Summary) -> String {
    format!("{:.1} ({:.1}){}", told.floor, told.median, if told.disturbed { " disturbed" } else { "" })
}

fn footprints(report: &Report) -> String {
    let header = ["proxy", "start ms", "idle PSS MB", "KB a plain connection", "KB a TLS connection"];
    let header = header.into_iter().chain(["10,000 TLS connections MB", "program MB", "compressed MB"]);
    let header: Vec<String> = header.map(str::to_owned).collect();
    lines(&header, report.footprints.iter().map(table::footprint))
}

fn goals(verdicts: &[Verdict]) -> String {
    let header = ["goal", "measured", "gate", "aim", "verdict"].map(str::to_owned);
    let row = |verdict: &Verdict| {
        let Verdict { name, measured, gate, aim, word: _, disturbed: _ } = verdict;
        let measured = measured.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
        vec![name.clone(), measured, format!("{gate:.2}"), format!("{aim:.2}"), verdict.shown()]
    };
    lines(&header, verdicts.iter().map(row))
}

/// A table, its first column to the left and the others to the right.
fn lines(header: &[String], rows: impl Iterator<Item = Vec<String>>) -> String {
    let rule: Vec<String> = (0..header.len()).map(|at| if at == 0 { "---" } else { "--:" }.to_owned()).collect();
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    [line(header), line(&rule)].into_iter().chain(rows.map(|row| line(&row))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goals::verdicts;
    use crate::sample::report;

    #[test]
    fn a_page_holds_every_figure_and_what_is_missing() {
        let report = report();
        let page = page(&report, &verdicts(&report), "latest.svg");
        for line in [
            "![CPU µs a request](latest.svg)",
            "| scenario | shipshape | haproxy | ours / haproxy |",
            "| S4 full policy | 20.0 (24.0) | 100.0 (104.0) | 0.20 |",
            "| shipshape | 20.0 | 6.0 | 4.0 | 14.0 | 140 | 8.0 | 4.0 |",
            "| S4 full policy, to haproxy | 0.20 | 0.30 | 0.22 | met |",
            "S6 was not measured with haproxy: it said: a | b",
        ] {
            assert!(page.contains(line), "{line} is not in\n{page}");
        }
    }
}
