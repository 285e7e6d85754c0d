//! The reference pages of codes and metrics, kept in step with the code: `UPDATE=1 cargo test` writes them.

use std::fmt::Write;
use std::path::Path;

use super::catalogue;
use crate::problem::Code;

const NOTE: &str = "<!-- Written by `UPDATE=1 cargo test -p shipshape-sidecar docs`; do not edit. -->";

fn problems() -> String {
    let mut page = format!(
        "# Problems\n\n{NOTE}\n\nEvery refusal is an `application/problem+json` document (RFC 9457). `code` is stable; \
         `requestId` finds the line in the access log, where `field` names the field of the policy that caused it.\n\n\
         | code | status | title | what it means, and what to do |\n| --- | --- | --- | --- |\n"
    );
    for code in Code::ALL {
        let (text, status, title, meaning) = (code.as_str(), code.status(), code.title(), code.meaning());
        writeln!(page, "| <a id=\"{}\"></a>`{text}` | {status} | {title} | {meaning} |", anchor(*code)).unwrap();
    }
    page
}

/// The last part of a code's type, so that the type's URI can lead to its row.
fn anchor(code: Code) -> String {
    code.type_uri().rsplit(['/', '#']).next().unwrap_or_default().to_owned()
}

fn metrics() -> String {
    let mut page = format!(
        "# Metrics\n\n{NOTE}\n\nThe sidecar serves them at `/metrics` of its admin port, in Prometheus' text format.\n\n\
         | name | kind | labels | what it tells |\n| --- | --- | --- | --- |\n"
    );
    for metric in catalogue::ALL {
        let kind = format!("{:?}", metric.kind).to_lowercase();
        let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        writeln!(page, "| `{}` | {kind} | {} | {} |", metric.name, labels.join(", "), metric.help).unwrap();
    }
    page
}

fn compare(name: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "docs/{name} is out of date: run UPDATE=1 cargo test -p shipshape-sidecar docs");
}

#[test]
fn the_page_of_problems_lists_every_code() {
    compare("problems.md", &problems());
}

#[test]
fn the_page_of_metrics_lists_every_metric() {
    compare("metrics.md", &metrics());
}
