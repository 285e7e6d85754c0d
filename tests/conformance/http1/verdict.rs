//! Verdicts, and how many there were of each.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// What came of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it should be.
    Right,
    /// Ambiguous framing, a doubled field of framing or host, or a hidden request reached the upstream; or the client
    /// was told something that has two meanings, is cut short unnoticed, or belongs to another request.
    Unsafe,
    /// What is invalid reached the upstream, or the client, in a clean form.
    LetThrough,
    /// What is legal was refused.
    LegalRefused,
    /// A client's fault was answered as one of the server.
    ServerFault,
    /// What is legal reached the other side as something else.
    Altered,
    /// A refusal of the wrong shape: status, document or end of the connection.
    Untidy,
    /// A promise that takes several steps to show was not kept.
    Unkept,
    /// The case could not be run to its end.
    Failed,
}

/// A judgement: the verdict, and why.
pub type Judgement = (Verdict, String);

/// How many cases came to which verdict.
#[derive(Debug, Default)]
pub struct Tally(Mutex<BTreeMap<Verdict, usize>>);

impl Tally {
    /// Counts a verdict.
    pub fn count(&self, verdict: Verdict) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(verdict).or_default() += 1;
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Right => "ok",
            Self::Unsafe => "unsafe",
            Self::LetThrough => "let through",
            Self::LegalRefused => "legal refused",
            Self::ServerFault => "5xx for a client's fault",
            Self::Altered => "altered",
            Self::Untidy => "untidy refusal",
            Self::Unkept => "not kept",
            Self::Failed => "not run to its end",
        })
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shown: Vec<_> = counts.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect();
        write!(f, "{} cases: {}", counts.values().sum::<usize>(), shown.join(", "))
    }
}
