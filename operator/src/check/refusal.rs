//! Why nothing can be made of a service.

use shipshape_crds::api::ReadError;
use shipshape_crds::validate::Finding;

use crate::credentials::CredentialError;

/// Why nothing can be made of a service.
#[derive(Debug)]
pub enum Refusal {
    /// A field cannot be read, or rules are broken: it waits for an edit.
    Invalid(Vec<String>),
    /// A credential that it needs is damaged or cannot be made.
    Credential(CredentialError),
    /// Something could not be written as JSON.
    Json(serde_json::Error),
}

impl Refusal {
    /// All findings, each with its field.
    #[must_use]
    pub fn findings(findings: &[Finding]) -> Self {
        Self::Invalid(findings.iter().map(ToString::to_string).collect())
    }
}

impl From<&ReadError> for Refusal {
    fn from(error: &ReadError) -> Self {
        Self::Invalid(vec![error.to_string()])
    }
}

impl From<CredentialError> for Refusal {
    fn from(error: CredentialError) -> Self {
        Self::Credential(error)
    }
}

impl From<serde_json::Error> for Refusal {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}
