//! Fields that the wire itself reads or ends, told by length and first letter before anything is compared.

/// What a field's name means to the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    /// `Host`.
    Host,
    /// `Content-Length`.
    ContentLength,
    /// `Transfer-Encoding`.
    TransferEncoding,
    /// `Connection`.
    Connection,
    /// `Upgrade`.
    Upgrade,
    /// `Expect`.
    Expect,
    /// `Sec-WebSocket-Key`.
    WebSocketKey,
    /// `Sec-WebSocket-Version`.
    WebSocketVersion,
    /// Another that ends at this hop (RFC 9110 section 7.6.1).
    HopByHop,
    /// One of the above with underscores for hyphens, which some apps read alike: nobody means well by it.
    Misspelt,
    /// Any other: it goes through.
    Other,
}

impl Name {
    /// The meaning of a name in any case.
    #[inline]
    pub(super) fn of(name: &[u8]) -> Self {
        let Some(first) = name.first() else { return Self::Other };
        let (text, meaning): (&[u8], Self) = match (name.len(), first | 0x20) {
            (4, b'h') => (b"host", Self::Host),
            (14, b'c') => (b"content-length", Self::ContentLength),
            (17, b't') => (b"transfer-encoding", Self::TransferEncoding),
            (10, b'c') => (b"connection", Self::Connection),
            (7, b'u') => (b"upgrade", Self::Upgrade),
            (6, b'e') => (b"expect", Self::Expect),
            (17, b's') => (b"sec-websocket-key", Self::WebSocketKey),
            (21, b's') => (b"sec-websocket-version", Self::WebSocketVersion),
            (2, b't') => (b"te", Self::HopByHop),
            (10, b'k') => (b"keep-alive", Self::HopByHop),
            (14, b'h') => (b"http2-settings", Self::HopByHop),
            (16, b'p') => (b"proxy-connection", Self::HopByHop),
            (18, b'p') => (b"proxy-authenticate", Self::HopByHop),
            (19, b'p') => (b"proxy-authorization", Self::HopByHop),
            _ => return Self::Other,
        };
        match name {
            _ if name.eq_ignore_ascii_case(text) => meaning,
            _ if is_like(name, text) => Self::Misspelt,
            _ => Self::Other,
        }
    }

    /// Whether a field of this name is one of the message's, and not of its framing, routing or hop.
    pub(super) fn goes_through(self) -> bool {
        matches!(self, Self::Other | Self::WebSocketKey | Self::WebSocketVersion)
    }
}

/// Fields of routing and identity; with what starts like [`PREFIXES`] they can neither be dropped by naming them in
/// `Connection` nor come as trailers.
const PROTECTED: [&[u8]; 10] = [
    b"content-length",
    b"transfer-encoding",
    b"host",
    b"authorization",
    b"cookie",
    b"forwarded",
    b"x-forwarded",
    b"x-real-ip",
    b"x-request-id",
    b"x-api-key",
];
const PREFIXES: [&[u8]; 2] = [b"x-forwarded-", b"x-shipshape-"];

/// Trailers that would change how a message is framed, routed, authenticated or read (RFC 9110 section 6.5.1).
const NEVER_TRAILERS: [&[u8]; 13] = [
    b"trailer",
    b"set-cookie",
    b"cache-control",
    b"content-encoding",
    b"content-type",
    b"content-range",
    b"location",
    b"www-authenticate",
    b"range",
    b"age",
    b"expires",
    b"vary",
    b"retry-after",
];

/// Whether a field, named in any case, stands for routing, identity or framing.
pub(super) fn is_protected(name: &[u8]) -> bool {
    let starts = |prefix: &&[u8]| name.get(..prefix.len()).is_some_and(|start| is_like(start, prefix));
    PROTECTED.iter().any(|other| is_like(name, other)) || PREFIXES.iter().any(starts)
}

/// Whether a field may come behind the body.
pub(super) fn is_safe_trailer(name: &[u8]) -> bool {
    Name::of(name) == Name::Other && !is_protected(name) && !NEVER_TRAILERS.iter().any(|other| is_like(name, other))
}

/// Whether a name is another, which is in lower case, to someone who tells neither letters' case nor underscores from
/// hyphens: so do the many interfaces that hand fields on as variables.
fn is_like(name: &[u8], other: &[u8]) -> bool {
    let folded = |byte: &u8| if *byte == b'_' { b'-' } else { byte.to_ascii_lowercase() };
    name.len() == other.len() && name.iter().map(folded).eq(other.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_the_same_in_any_case() {
        for (name, meaning) in [
            ("hOST", Name::Host),
            ("Content-LENGTH", Name::ContentLength),
            ("transfer-encoding", Name::TransferEncoding),
            ("CONNECTION", Name::Connection),
            ("Upgrade", Name::Upgrade),
            ("Expect", Name::Expect),
            ("Sec-WebSocket-Key", Name::WebSocketKey),
            ("sec-websocket-VERSION", Name::WebSocketVersion),
            ("TE", Name::HopByHop),
            ("Keep-Alive", Name::HopByHop),
            ("HTTP2-Settings", Name::HopByHop),
            ("Proxy-Connection", Name::HopByHop),
            ("Proxy-Authenticate", Name::HopByHop),
            ("Proxy-Authorization", Name::HopByHop),
            ("", Name::Other),
            ("Accept", Name::Other),
            ("content_Length", Name::Misspelt),
            ("Transfer_Encoding", Name::Misspelt),
            ("proxy_authorization", Name::Misspelt),
            ("content+length", Name::Other),
            ("Hose", Name::Other),
        ] {
            assert_eq!(Name::of(name.as_bytes()), meaning, "{name}");
        }
    }

    #[test]
    fn identity_comes_neither_behind_the_body_nor_goes_by_being_named() {
        for name in [
            "Authorization",
            "Cookie",
            "X-Forwarded-Proto",
            "X-Shipshape-Subject",
            "X-Request-Id",
            "Host",
            "X_Forwarded_For",
            "x-shipshape_scopes",
        ] {
            assert!(is_protected(name.as_bytes()) && !is_safe_trailer(name.as_bytes()), "{name}");
        }
        for name in ["Set-Cookie", "Content-Type", "Trailer", "TE", "Expect", "Sec-WebSocket-Key"] {
            assert!(!is_safe_trailer(name.as_bytes()), "{name}");
        }
        for name in ["grpc-status", "Server-Timing", "Digest", "x-forwarde", "ETag"] {
            assert!(!is_protected(name.as_bytes()) && is_safe_trailer(name.as_bytes()), "{name}");
        }
    }
}
