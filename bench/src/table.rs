//! A run as people read it.

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{CellAlignment, Table};

use crate::footprint::Footprint;
use crate::rounds::Measured;

/// CPU per request, one line for each scenario and proxy.
#[must_use]
pub fn requests(measured: &[Measured]) -> String {
    let header = ["scenario", "", "proxy", "µs floor", "(median)", "user", "busy", "req/s", "RSS MB", "rounds"];
    lined_up(3, &header, measured.iter().map(cells))
}

/// Start and memory, one line for each proxy.
#[must_use]
pub fn footprints(footprints: &[Footprint]) -> String {
    let header = ["proxy", "start ms", "idle PSS MB", "KB per idle TLS connection", "program MB"];
    let cells = |one: &Footprint| {
        let program = format!("{:.1}", mebi(one.program / 1024));
        let start = format!("{:.1}", one.start);
        vec![one.proxy.to_owned(), start, format!("{:.1}", mebi(one.idle)), format!("{:.1}", one.connection), program]
    };
    lined_up(1, &header, footprints.iter().map(cells))
}

fn cells(measured: &Measured) -> Vec<String> {
    let mut cells =
        vec![measured.scenario.to_string(), measured.scenario.title().to_owned(), measured.proxy.to_owned()];
    match &measured.summary {
        None => cells.push("no round was valid".to_owned()),
        Some(told) => cells.extend([
            format!("{:.1}", told.floor),
            format!("({:.1})", told.median),
            format!("{:.0} %", told.user * 100.0),
            format!("{:.0} %", told.busy * 100.0),
            format!("{:.0}", told.per_second),
            format!("{:.1}", mebi(told.rss)),
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
    table.load_style(UTF8_HORIZONTAL_ONLY).set_header(header);
    table.add_rows(rows);
    for column in table.column_iter_mut().skip(numbers) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

fn mebi(kibi: u64) -> f64 {
    kibi as f64 / 1024.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::Summary;
    use crate::scenario::Scenario;

    #[test]
    fn what_cannot_be_relied_on_says_so() {
        let summary = Summary {
            floor: 12.34,
            median: 23.45,
            user: 0.4,
            busy: 0.9,
            per_second: 12_345.6,
            rss: 10_240,
            used: 4,
            left_out: 1,
            disturbed: false,
        };
        let one = |summary| Measured { scenario: Scenario::S4, proxy: "shipshape", summary, rounds: Vec::new() };
        let disturbed = Summary { used: 5, left_out: 0, disturbed: true, ..summary };
        let text = requests(&[one(Some(summary)), one(Some(disturbed)), one(None)]);
        for part in [
            "12.3",
            "(23.4",
            "40 %",
            "90 %",
            "12346",
            "10.0",
            "4 of 5 ",
            "5 of 5, disturbed",
            "no round was valid",
            "full policy",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }
}
