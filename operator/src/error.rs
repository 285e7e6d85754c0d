//! Why a reconcile did not come to its end; every case is tried again, later and later.

use crate::credentials::CredentialError;
use crate::random::NoRandomness;

/// Why a reconcile did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The API server refused, or did not answer.
    #[error("{what}: {}", said(source))]
    Api {
        /// What was tried, such as `apply Deployment/shop`.
        what: String,
        /// What came back.
        source: Box<kube::Error>,
    },
    /// Something could not be written as JSON or read from it.
    #[error("{what}: {source}")]
    Json {
        /// What was tried.
        what: String,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A stored or new credential cannot be used.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] NoRandomness),
    /// An object of that name is there already and belongs to somebody else.
    #[error("{0} exists already and was not made for this service: rename the service, or delete that object")]
    Taken(String),
    /// The process is about to end.
    #[error("the operator is stopping")]
    Stopping,
    /// Some objects could not be written; each is told in the service's status.
    #[error("{0} objects could not be written: {1}")]
    Objects(usize, String),
}

/// What the API server said, without the whole answer around it.
fn said(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) if !status.message.is_empty() => status.message.clone(),
        other => other.to_string(),
    }
}

impl Error {
    /// Names what was tried when the API server refused.
    pub fn api(what: impl Into<String>) -> impl FnOnce(kube::Error) -> Self {
        let what = what.into();
        move |source| Self::Api { what, source: Box::new(source) }
    }

    /// Names what was tried when JSON did not fit.
    pub fn json(what: impl Into<String>) -> impl FnOnce(serde_json::Error) -> Self {
        let what = what.into();
        move |source| Self::Json { what, source }
    }

    /// The case, for a metric.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Api { source, .. } => match source.as_ref() {
                kube::Error::Api(status) if status.code == 403 => "forbidden",
                kube::Error::Api(status) if status.code == 409 => "conflict",
                kube::Error::Api(status) if status.code == 422 => "invalid",
                kube::Error::Api(_) => "api",
                _ => "connection",
            },
            Self::Json { .. } => "json",
            Self::Credential(_) => "credential",
            Self::Random(_) => "random",
            Self::Stopping => "stopping",
            Self::Taken(_) => "taken",
            Self::Objects(..) => "objects",
        }
    }
}
