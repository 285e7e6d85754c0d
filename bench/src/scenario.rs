//! What is measured: the scenarios, and the policy that each of them puts in force.

use std::fmt;

use clap::ValueEnum;
use serde::Serialize;

use crate::client::get;
use crate::credentials::{Credentials, KEY_FIELD};

/// How many connections every scenario keeps busy.
pub const CONNECTIONS: usize = 64;

/// What a proxy is set up to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setup {
    /// Pass plain HTTP on.
    Plain,
    /// End TLS and pass on.
    Tls,
    /// TLS, API keys, a limit per client that is never reached, security headers; access log and metrics.
    Full,
}

/// One scenario, by the name it has in every report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[value(rename_all = "UPPER")]
pub enum Scenario {
    /// Plain HTTP, 1 KB of JSON
    S1,
    /// TLS 1.3, the same
    S2,
    /// Full policy over TLS 1.3
    S4,
    /// Full policy, no key: every answer is 401
    S8,
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl Scenario {
    /// What it is, for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::S1 => "plain HTTP",
            Self::S2 => "TLS 1.3",
            Self::S4 => "full policy",
            Self::S8 => "refused: 401",
        }
    }

    /// What the proxy is set up to do.
    #[must_use]
    pub fn setup(self) -> Setup {
        match self {
            Self::S1 => Setup::Plain,
            Self::S2 => Setup::Tls,
            Self::S4 | Self::S8 => Setup::Full,
        }
    }

    /// The status of every answer.
    #[must_use]
    pub fn expected(self) -> u16 {
        if self == Self::S8 { 401 } else { 200 }
    }

    /// The requests, in turn.
    #[must_use]
    pub fn requests(self, credentials: &Credentials) -> Vec<Vec<u8>> {
        if self == Self::S4 { keyed(credentials) } else { vec![get("/", "")] }
    }
}

impl Setup {
    /// Whether clients speak TLS.
    #[must_use]
    pub fn has_tls(self) -> bool {
        self != Self::Plain
    }
}

/// One GET for each key.
#[must_use]
pub fn keyed(credentials: &Credentials) -> Vec<Vec<u8>> {
    credentials.keys.iter().map(|key| get("/", &format!("{KEY_FIELD}: {}\r\n", key.reveal()))).collect()
}
