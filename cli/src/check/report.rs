//! What was judged, and everything that was found, each with its file and line.

use serde::Serialize;
use shipshape_crds::validate::{Finding, Severity};

use crate::manifest::{Manifest, Resource, line_of};

/// The outcome of a check.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The resources of ours, in the order of files and documents.
    pub resources: Vec<Judged>,
    /// How many documents belong to others.
    pub others: usize,
    /// Everything that was found outside of a resource: files that are no YAML.
    pub findings: Vec<Located>,
}

/// One resource and what was found in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Judged {
    /// Its kind.
    pub kind: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The file it stands in.
    pub file: String,
    /// What was found, errors first, then by line.
    pub findings: Vec<Located>,
}

/// A finding and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Located {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// The rule's stable name.
    pub rule: &'static str,
    /// The field; empty where the file is no YAML.
    pub path: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, and what to write.
    pub message: String,
}

impl Report {
    /// Every finding, in order.
    pub fn all(&self) -> impl Iterator<Item = &Located> {
        self.findings.iter().chain(self.resources.iter().flat_map(|resource| &resource.findings))
    }

    /// How many findings are of this severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.all().filter(|finding| finding.severity == severity).count()
    }

    pub(super) fn of_files(manifest: &Manifest) -> Self {
        let located = |error: &crate::manifest::SyntaxError| Located {
            file: error.file.clone(),
            line: error.line,
            rule: "yaml",
            path: String::new(),
            severity: Severity::Error,
            message: error.message.clone(),
        };
        Self { resources: Vec::new(), others: manifest.others, findings: manifest.errors.iter().map(located).collect() }
    }

    pub(super) fn add(&mut self, resource: &Resource, kind: &str, findings: Vec<Finding>) {
        let located = |finding: Finding| {
            let Finding { rule, path, severity, message } = finding;
            let line = line_of(&resource.node, &path);
            Located { file: resource.file.clone(), line, rule, path, severity, message }
        };
        let mut findings: Vec<Located> = findings.into_iter().map(located).collect();
        findings.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.line));
        self.resources.push(Judged {
            kind: kind.to_owned(),
            namespace: resource.namespace.clone(),
            name: resource.name.clone(),
            file: resource.file.clone(),
            findings,
        });
    }
}
