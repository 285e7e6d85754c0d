//! The head of a request and of an answer.

use std::sync::Arc;

use bytes::Bytes;

use super::fields::Fields;

/// The version of HTTP in which a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// HTTP/1.0.
    Http10,
    /// HTTP/1.1 (RFC 9112).
    Http11,
    /// HTTP/2 (RFC 9113).
    Http2,
}

/// The head of a request that has one meaning only. Framing fields (Content-Length, Transfer-Encoding, Connection
/// and what it names, Expect, Upgrade) and Host are not among its fields: what they say is in the members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestHead {
    /// The method, as it came.
    pub method: Bytes,
    /// What is asked for.
    pub target: Target,
    /// The host asked for, in lower case, with its port where one was written; empty for HTTP/1.0 without Host.
    pub authority: String,
    /// How it came.
    pub version: Version,
    /// All other fields.
    pub fields: Fields,
    /// The declared length of the body in bytes; `None` where it is chunked or ends with the stream.
    pub content_length: Option<u64>,
    /// What the connection is to become, where the client asks for that.
    pub upgrade: Option<Upgrade>,
}

/// What a connection can become (RFC 9110 section 7.8). Other protocols are not offered: a client that names one is
/// answered in HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upgrade {
    /// A WebSocket: GET with `Upgrade: websocket` (RFC 6455), or CONNECT with `:protocol` (RFC 8441). Its own fields
    /// stand among the others.
    WebSocket,
}

/// Path and query of a request, as they came. A copy shares them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    raw: Arc<str>,
    query_at: Option<usize>,
}

impl Target {
    /// Takes an origin-form target apart.
    #[must_use]
    pub fn new(raw: impl Into<Arc<str>>) -> Self {
        let raw = raw.into();
        Self { query_at: raw.find('?'), raw }
    }

    /// A target whose question mark, if it has one, stands at this place.
    pub(super) fn with_query_at(raw: &str, query_at: Option<usize>) -> Self {
        Self { raw: raw.into(), query_at }
    }

    /// The target as it came.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The path, still encoded.
    #[must_use]
    pub fn path(&self) -> &str {
        self.query_at.and_then(|at| self.raw.get(..at)).unwrap_or(&self.raw)
    }

    /// The query without its question mark.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.query_at.and_then(|at| self.raw.get(at + 1..))
    }
}

impl RequestHead {
    /// Whether sending it twice does no harm (RFC 9110 section 9.2.2).
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        matches!(&*self.method, b"GET" | b"HEAD" | b"OPTIONS" | b"PUT" | b"DELETE")
    }

    /// The method as text; methods are tokens.
    #[must_use]
    pub fn method_name(&self) -> &str {
        std::str::from_utf8(&self.method).unwrap_or_default()
    }

    /// The host without its port.
    #[must_use]
    pub fn host(&self) -> &str {
        let authority = self.authority.as_str();
        match authority.rfind(':') {
            // The colons of an IPv6 address stand inside its brackets.
            Some(at) if !authority.ends_with(']') => authority.get(..at).unwrap_or(authority),
            _ => authority,
        }
    }
}

/// The head of an answer. Framing fields are not among its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseHead {
    /// The status, 200 to 599.
    pub status: u16,
    /// All fields but those of framing.
    pub fields: Fields,
    /// The length of the body, or of what a GET would have got for an answer to HEAD; `None` where it is not known.
    pub content_length: Option<u64>,
}

impl ResponseHead {
    /// An answer with no fields yet.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self { status, fields: Fields::default(), content_length: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_taken_apart() {
        let target = Target::new("/a/b?x=1?y");
        assert_eq!((target.path(), target.query()), ("/a/b", Some("x=1?y")));
        let target = Target::new("/a");
        assert_eq!((target.path(), target.query()), ("/a", None));
    }

    #[test]
    fn a_host_loses_its_port() {
        let host = |authority: &str| {
            let head = RequestHead {
                method: Bytes::from_static(b"GET"),
                target: Target::new("/"),
                authority: authority.to_owned(),
                version: Version::Http11,
                fields: Fields::default(),
                content_length: None,
                upgrade: None,
            };
            head.host().to_owned()
        };
        assert_eq!(host("a.example:8443"), "a.example");
        assert_eq!(host("a.example"), "a.example");
        assert_eq!(host("[::1]:80"), "[::1]");
        assert_eq!(host("[::1]"), "[::1]");
    }
}
