//! The effective policy for people and for scripts.

use std::io::{self, Write};

use comfy_table::{Table, presets};
use serde_json::Value as Json;

use super::resolve::{BUILT_IN, Effective, Value};
use crate::style::Style;

pub(super) fn text(effective: &Effective, style: Style, out: &mut impl Write) -> io::Result<()> {
    let Effective { service, method, path, route, pattern, refused, policy } = effective;
    let whose = match (route, pattern) {
        (Some(route), Some(pattern)) => format!("route {}  {pattern}", style.strong(route)),
        _ if refused.is_some() => String::new(),
        _ => "no route: spec.policy alone".to_owned(),
    };
    writeln!(out, "{service}  {method} {path}  →  {whose}")?;
    if let Some(refused) = refused {
        writeln!(out, "  {} {refused}", style.bad("refused"))?;
    }
    if policy.is_empty() {
        return Ok(());
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["FIELD", "FROM", "VALUE"]);
    let rows = policy.iter().filter(|value| is_worth_a_line(value));
    table.add_rows(rows.map(|Value { path, value, source }| [path.clone(), source.clone(), shown(value)]));
    table.lines().try_for_each(|line| writeln!(out, "{}", line.trim_end()))
}

pub(super) fn json(effective: &Effective, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, effective)?;
    writeln!(out)
}

/// That a protection is on by default goes without saying.
fn is_worth_a_line(Value { path, value, source }: &Value) -> bool {
    let is_usual = path.ends_with(".enforcement") && value == "Enforce" && source == BUILT_IN;
    !is_usual && value.as_object().is_none_or(|members| !members.is_empty())
}

fn shown(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
