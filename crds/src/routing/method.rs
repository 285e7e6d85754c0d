//! Request methods that a route can name (RFC 9110 section 9.3, RFC 5789).

use serde::{Deserialize, Serialize};

/// A request method; `GET` includes `HEAD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub enum Method {
    /// Read; also claims HEAD.
    Get,
    /// Read the head only.
    Head,
    /// Process.
    Post,
    /// Create or replace.
    Put,
    /// Change a part.
    Patch,
    /// Remove.
    Delete,
    /// Ask what is possible.
    Options,
}

impl Method {
    /// The method of that name; letters' case matters (RFC 9110 section 9.1).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "PATCH" => Self::Patch,
            "DELETE" => Self::Delete,
            "OPTIONS" => Self::Options,
            _ => return None,
        })
    }

    /// The name, as a request line has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }

    /// Whether a route that names this method claims a request of that name.
    #[must_use]
    pub fn claims(self, name: &str) -> bool {
        let asked = Self::from_name(name);
        asked == Some(self) || (self == Self::Get && asked == Some(Self::Head))
    }
}
