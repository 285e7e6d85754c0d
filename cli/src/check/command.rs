//! Reads, judges, and writes the outcome in the format asked for.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use shipshape_crds::validate::Severity;

use super::report::Report;
use super::{json, judge, junit, sarif, text};
use crate::manifest::{Manifest, read_sources};
use crate::style::Style;

/// How the outcome is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For scripts.
    Json,
    /// For code scanners (SARIF 2.1.0).
    Sarif,
    /// For build servers (JUnit XML).
    Junit,
}

/// Judges files and folders; the exit code is 1 where something is refused.
///
/// # Errors
/// When a file cannot be read, or `out` not written.
pub fn run(paths: &[PathBuf], format: Format, style: Style, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let report = judge(&Manifest::read(&read_sources(paths)?))?;
    if report.resources.is_empty() && report.findings.is_empty() {
        anyhow::bail!(
            "no ApiService or ApiKey is in these files ({} documents of others): name files with one",
            report.others
        );
    }
    match format {
        Format::Text => text::write(&report, style, out)?,
        Format::Json => json::write(&report, out)?,
        Format::Sarif => sarif::write(&report, out)?,
        Format::Junit => junit::write(&report, out)?,
    }
    Ok(exit_code(&report))
}

fn exit_code(report: &Report) -> ExitCode {
    if report.count(Severity::Error) == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
