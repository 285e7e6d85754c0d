//! One thing that is wrong, or worth knowing.

use serde::Serialize;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Severity {
    /// It works, and may surprise.
    Warning,
    /// It is refused.
    Error,
}

/// One thing that is wrong, or worth knowing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule's stable name, such as `auth-chosen`.
    pub rule: &'static str,
    /// The field, such as `spec.routes[login].policy.auth`.
    pub path: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, and what to write.
    pub message: String,
}

impl Finding {
    /// A finding that is refused.
    #[must_use]
    pub fn error(rule: &'static str, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { rule, path: path.into(), severity: Severity::Error, message: message.into() }
    }

    /// A finding that is only told.
    #[must_use]
    pub fn warning(rule: &'static str, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { rule, path: path.into(), severity: Severity::Warning, message: message.into() }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}
