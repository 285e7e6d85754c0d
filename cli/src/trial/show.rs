//! Requests and answers as a table.

use std::io::{self, Write};

use comfy_table::{Table, presets};

use super::ask::Outcome;
use crate::style::Style;

/// Writes one line for each request, with what was expected where something else came.
pub(super) fn write(outcomes: &[Outcome], style: Style, out: &mut impl Write) -> io::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for Outcome { shown, what, status, code, note, expected } in outcomes {
        let note = expected.as_ref().map_or_else(|| note.clone(), |expected| format!("✘ expected {expected}"));
        table.add_row([shown.clone(), (*what).to_owned(), status.to_string(), code.clone(), note]);
    }
    for (line, outcome) in table.lines().zip(outcomes) {
        let line = line.trim_end();
        let line = if outcome.expected.is_some() { style.bad(line) } else { line.to_owned() };
        writeln!(out, "{line}")?;
    }
    writeln!(out)
}
