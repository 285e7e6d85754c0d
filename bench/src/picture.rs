//! A run as a picture: one panel of bars for each scenario, readable on light and dark pages.

use std::fmt::Write;

use crate::report::{OURS, Report};
use crate::scenario::Scenario;

/// Panels beside each other.
const COLUMNS: usize = 2;
const PANEL_WIDTH: usize = 440;
const LABEL_WIDTH: usize = 84;
const BAR_WIDTH: f64 = 270.0;
const BAR_HEIGHT: usize = 16;
const LINE: usize = 22;
const TITLE: usize = 30;
const TOP: usize = 44;

/// Colours follow the reader's theme; where it is not told, those of a light page hold.
const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#1f2328}.t{font-weight:600}.n{fill:#59636e}\
.o{fill:#0969da}.p{fill:#afb8c1}@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.n{fill:#9198a1}.o{fill:#4493f8}\
.p{fill:#57606a}}";

/// The picture, as SVG.
#[must_use]
pub fn svg(report: &Report) -> String {
    let scenarios = report.scenarios();
    let panel_height = TITLE + LINE * report.proxies.len() + 14;
    let height = TOP + panel_height * scenarios.len().div_ceil(COLUMNS);
    let width = PANEL_WIDTH * COLUMNS + 20;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         aria-label=\"CPU microseconds a request\">\n<style>{STYLE}</style>\n\
         <text class=\"t\" x=\"16\" y=\"24\">CPU µs a request, one worker thread; shorter is better</text>\n"
    );
    for (at, scenario) in scenarios.into_iter().enumerate() {
        let (x, y) = (16 + PANEL_WIDTH * (at % COLUMNS), TOP + panel_height * (at / COLUMNS));
        panel(&mut svg, report, scenario, x, y);
    }
    svg.push_str("</svg>\n");
    svg
}

/// Bars are as long as their share of the panel's longest.
fn panel(svg: &mut String, report: &Report, scenario: Scenario, x: usize, y: usize) {
    let floors: Vec<(&str, f64)> =
        report.proxies.iter().filter_map(|one| Some((one.name, report.summary(scenario, one.name)?.floor))).collect();
    let longest = floors.iter().map(|(_, floor)| *floor).fold(f64::MIN_POSITIVE, f64::max);
    // Writing to a string cannot fail.
    let _ = writeln!(svg, "<text class=\"t\" x=\"{x}\" y=\"{}\">{scenario} {}</text>", y + 16, scenario.title());
    for (line, (name, floor)) in floors.into_iter().enumerate() {
        let top = y + TITLE + LINE * line;
        let (text, bar, length) = (top + 13, x + LABEL_WIDTH, floor / longest * BAR_WIDTH);
        let class = if name == OURS { "o" } else { "p" };
        let end = bar as f64 + length + 6.0;
        let _ = writeln!(
            svg,
            "<text class=\"n\" x=\"{x}\" y=\"{text}\">{name}</text>\
             <rect class=\"{class}\" x=\"{bar}\" y=\"{top}\" width=\"{length:.1}\" height=\"{BAR_HEIGHT}\" rx=\"2\"/>\
             <text class=\"n\" x=\"{end:.1}\" y=\"{text}\">{floor:.1}</text>"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::report;

    #[test]
    fn bars_are_as_long_as_their_share() {
        let svg = svg(&report());
        assert_eq!(svg.matches("<rect").count(), 4);
        assert_eq!(svg.matches("class=\"o\"").count(), 2, "ours stands out");
        assert!(svg.contains("width=\"54.0\"") && svg.contains(">20.0<"), "20 of 100 is a fifth\n{svg}");
        assert_eq!(svg.matches("width=\"270.0\"").count(), 2, "the longest of each panel");
        assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
    }
}
