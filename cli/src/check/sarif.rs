//! The outcome for code scanners: SARIF 2.1.0 (OASIS), one result a finding.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde_json::{Value, json};
use shipshape_crds::validate::Severity;

use super::report::{Located, Report};

pub(super) fn write(report: &Report, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &log(report))?;
    writeln!(out)
}

fn log(report: &Report) -> Value {
    let rules: BTreeSet<&str> = report.all().map(|finding| finding.rule).collect();
    let rules: Vec<Value> = rules.into_iter().map(|rule| json!({"id": rule})).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "shipshape",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": report.all().map(result).collect::<Vec<_>>(),
        }],
    })
}

fn result(finding: &Located) -> Value {
    let Located { file, line, rule, path, severity, message } = finding;
    let text = if path.is_empty() { message.clone() } else { format!("{path}: {message}") };
    json!({
        "ruleId": rule,
        "level": match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "message": {"text": text},
        "locations": [{
            "physicalLocation": {
                "artifactLocation": {"uri": file.replace('\\', "/")},
                "region": {"startLine": line},
            },
            "logicalLocations": [{"fullyQualifiedName": path}],
        }],
    })
}
