//! Why a stored or a new credential cannot be used; never says what a secret holds.

/// Why a credential cannot be used, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// Something stored is missing or damaged.
    #[error("{part} {problem}: {remedy}")]
    Stored {
        /// What was read, such as `active.crt`.
        part: String,
        /// What is wrong with it.
        problem: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// A certificate or key could not be made.
    #[error("a certificate for {subject} could not be made: {source}")]
    Made {
        /// Whose certificate.
        subject: String,
        /// What the library said.
        source: rcgen::Error,
    },
    /// A moment lies outside what a certificate can say.
    #[error("the clock says {seconds} seconds since 1970, which no certificate can carry: set the node's clock")]
    Clock {
        /// The moment, in seconds since 1970.
        seconds: i64,
    },
}

impl CredentialError {
    /// Something of the authority's Secret is missing or damaged.
    #[must_use]
    pub fn authority(part: &str, problem: &'static str) -> Self {
        let remedy = "restore the Secret of the CA from a backup; if there is none, delete it, and every service gets \
                      a certificate of a new CA that clients do not trust yet";
        Self::Stored { part: part.to_owned(), problem, remedy }
    }

    /// Something of a service's TLS Secret is missing or damaged.
    #[must_use]
    pub fn leaf(part: &str, problem: &'static str) -> Self {
        Self::Stored { part: part.to_owned(), problem, remedy: "the operator issues a new certificate" }
    }

    /// Something of the Secret with peppers is missing or damaged.
    #[must_use]
    pub fn pepper(part: &str, problem: &'static str) -> Self {
        let remedy =
            "restore the Secret of the peppers from a backup: without it no API key of the namespace can be checked";
        Self::Stored { part: part.to_owned(), problem, remedy }
    }
}
