//! A run as people read it on a terminal.

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{CellAlignment, Table};

use crate::footprint::Footprint;
use crate::goals::{Figure, Verdict, megabytes};
use crate::report::Report;
use crate::rounds::Measured;

/// CPU per request, one line for each scenario and proxy.
#[must_use]
pub fn requests(measured: &[Measured]) -> String {
    let header = [
        "scenario",
        "",
        "proxy",
        "µs floor",
        "(median)",
        "user",
        "busy",
        "waited",
        "req/s",
        "RSS MB",
        "syscalls",
        "rounds",
    ];
    lined_up(3, &header, measured.iter().map(request))
}

/// How our cost compares, one line for each scenario.
#[must_use]
pub fn ratios(report: &Report) -> String {
    let peers: Vec<&'static str> = report.peers();
    let header: Vec<String> = ["scenario".to_owned(), String::new()]
        .into_iter()
        .chain(peers.iter().map(|peer| format!("to {peer}")))
        .collect();
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let row = |scenario| {
        let ratio = |peer: &&'static str| Figure::Ratio(scenario, peer, scenario).of(report);
        let cells = peers.iter().map(|peer| ratio(peer).map_or_else(String::new, |ratio| format!("{ratio:.2}")));
        [scenario.to_string(), scenario.title().to_owned()].into_iter().chain(cells).collect()
    };
    lined_up(2, &header, report.scenarios().into_iter().map(row))
}

/// Start and memory, one line for each proxy.
#[must_use]
pub fn footprints(footprints: &[Footprint]) -> String {
    let header = [
        "proxy",
        "start ms",
        "idle PSS MB",
        "KB/plain conn",
        "KB/TLS conn",
        "10,000 TLS conns MB",
        "program MB",
        "compressed",
    ];
    lined_up(1, &header, footprints.iter().map(footprint))
}

/// How the goals fare, one line each.
#[must_use]
pub fn goals(verdicts: &[Verdict]) -> String {
    let cells = |verdict: &Verdict| {
        let Verdict { name, measured, gate, aim, word: _, disturbed: _ } = verdict;
        let measured = measured.map_or_else(String::new, |value| format!("{value:.2}"));
        vec![name.clone(), measured, format!("{gate:.2}"), format!("{aim:.2}"), verdict.shown()]
    };
    lined_up(1, &["goal", "measured", "gate", "aim", ""], verdicts.iter().map(cells))
}

/// The cells of one line of start and memory.
#[must_use]
pub fn footprint(one: &Footprint) -> Vec<String> {
    let Footprint { proxy, program, compressed, start, idle, plain_connection, tls_connection, many, starts: _ } = one;
    vec![
        (*proxy).to_owned(),
        format!("{start:.1}"),
        format!("{:.1}", megabytes(*idle)),
        format!("{plain_connection:.1}"),
        format!("{tls_connection:.1}"),
        many.map_or_else(String::new, |many| format!("{:.0}", megabytes(many))),
        format!("{:.1}", megabytes(program / 1024)),
        format!("{:.1}", megabytes(compressed / 1024)),
    ]
}

fn request(measured: &Measured) -> Vec<String> {
    let mut cells =
        vec![measured.scenario.to_string(), measured.scenario.title().to_owned(), measured.proxy.to_owned()];
    let syscalls = measured.syscalls.map_or_else(String::new, |counted| format!("{:.2}", counted.per_request));
    match &measured.summary {
        None => cells.push("no round was valid".to_owned()),
        Some(told) => cells.extend([
            format!("{:.1}", told.floor),
            format!("({:.1})", told.median),
            format!("{:.0} %", told.user * 100.0),
            format!("{:.0} %", told.busy * 100.0),
            format!("{:.0} %", told.waited * 100.0),
            format!("{:.0}", told.per_second),
            format!("{:.1}", megabytes(told.rss)),
            syscalls,
            format!(
                "{} of {}{}",
                told.used,
                told.used + told.left_out,
                if told.disturbed { ", disturbed" } else { "" }
            ),
        ]),
    }
    cells
}

/// A table whose columns from `numbers` on are aligned to the right.
fn lined_up(numbers: usize, header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_header(header);
    table.add_rows(rows);
    for column in table.column_iter_mut().skip(numbers) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::Summary;
    use crate::goals::verdicts;
    use crate::sample::report;

    #[test]
    fn what_cannot_be_relied_on_says_so() {
        let one = report().requests.remove(0);
        let summary = one.summary.unwrap();
        let disturbed = Some(Summary { used: 5, left_out: 0, disturbed: true, ..summary });
        let disturbed = Measured { summary: disturbed, ..one.clone() };
        let text = requests(&[one.clone(), disturbed, Measured { summary: None, ..one }]);
        let parts = ["18.0", "(22.0", "40 %", "90 %", "12346", "10.0", "4.10", "4 of 5 ", "5 of 5, disturbed"];
        for part in parts.into_iter().chain(["no round was valid", "plain HTTP/1.1"]) {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }

    #[test]
    fn ratios_footprints_and_goals_are_shown() {
        let report = report();
        assert!(ratios(&report).contains("1.00") && ratios(&report).contains("0.20"), "{}", ratios(&report));
        assert!(footprints(&report.footprints).contains("140"), "{}", footprints(&report.footprints));
        let goals = goals(&verdicts(&report));
        assert!(["met", "gate met", "missed", "not measured"].iter().all(|word| goals.contains(word)), "{goals}");
    }
}
