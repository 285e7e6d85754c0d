//! The outcome for people, in the words that kubectl would use.

use std::io::{self, Write};

use shipshape_crds::validate::Severity;

use super::report::{Judged, Located, Report};
use crate::style::Style;

/// Writes everything that was found, and a line that counts it.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(report: &Report, style: Style, out: &mut impl Write) -> io::Result<()> {
    for finding in &report.findings {
        writeln!(out, "{} {}:{}: {}", style.bad("✘"), finding.file, finding.line, finding.message)?;
    }
    for resource in &report.resources {
        write_resource(resource, style, out)?;
    }
    let (errors, warnings) = (report.count(Severity::Error), report.count(Severity::Warning));
    let checked = counted(report.resources.len(), "resource");
    match (errors, warnings) {
        (0, 0) => writeln!(out, "{checked} checked, nothing to say"),
        _ => writeln!(out, "{checked} checked: {}, {}", counted(errors, "error"), counted(warnings, "warning")),
    }
}

fn write_resource(resource: &Judged, style: Style, out: &mut impl Write) -> io::Result<()> {
    let Judged { kind, namespace: _, name, file, findings } = resource;
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        writeln!(out, "The {kind} \"{name}\" is invalid:")?;
    } else {
        writeln!(out, "{} {kind} \"{name}\" ({file})", style.good("✔"))?;
    }
    findings.iter().try_for_each(|finding| write_finding(finding, style, out))
}

fn write_finding(finding: &Located, style: Style, out: &mut impl Write) -> io::Result<()> {
    let Located { file, line, rule: _, path, severity, message } = finding;
    let place = style.faint(&format!("{file}:{line}:"));
    match severity {
        Severity::Error => writeln!(out, "{} {place} {path}: {message}", style.bad("*")),
        Severity::Warning => writeln!(out, "{} {place} {path}: {message}", style.warn("! warning")),
    }
}

fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
