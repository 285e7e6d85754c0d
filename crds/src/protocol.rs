//! What the app speaks on its port.

use serde::{Deserialize, Serialize};

/// What the app speaks on its port, also on its health pages, without TLS. Default `HTTP1`; `H2C` is HTTP/2 from the
/// first byte, as gRPC needs it. Clients may use either version, whatever the app speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub enum AppProtocol {
    /// HTTP/1.1 (RFC 9112).
    #[default]
    #[serde(rename = "HTTP1")]
    Http1,
    /// HTTP/2 from the first byte, without an upgrade (RFC 9113 section 3.3); gRPC needs it.
    #[serde(rename = "H2C")]
    H2c,
}

impl AppProtocol {
    /// Whether it is the one that holds where nobody says another.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// As it is written in resources, files and on command lines.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http1 => "HTTP1",
            Self::H2c => "H2C",
        }
    }
}

impl std::str::FromStr for AppProtocol {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Http1, Self::H2c];
        let found = all.into_iter().find(|protocol| protocol.as_str() == text);
        found.ok_or_else(|| format!("\"{text}\" is no protocol of an app: write HTTP1 or H2C"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_command_lines_spell_it_alike() {
        for protocol in [AppProtocol::Http1, AppProtocol::H2c] {
            assert_eq!(protocol.as_str().parse(), Ok(protocol));
            assert_eq!(serde_json::to_value(protocol).unwrap(), protocol.as_str());
        }
        assert!("h2c".parse::<AppProtocol>().unwrap_err().contains("write HTTP1 or H2C"));
    }
}
