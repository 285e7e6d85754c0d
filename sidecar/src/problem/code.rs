//! The taxonomy of refusals: a stable code each, with its status, title and meaning.

/// Declares the codes once, so that no table about them can miss one.
macro_rules! codes {
    ($($name:ident $text:literal $status:literal $title:literal $meaning:literal;)+) => {
        /// Why a request was refused. The text of a code never changes once released: clients rely on it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $meaning] $name,)+
        }

        impl Code {
            /// Every code, in the order in which a request can meet them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The code as clients see it, such as `RATE_LIMITED`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The status of the answer.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// The title: the same for every occurrence (RFC 9457 section 3.1.3).
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            /// What it means and what the caller can do, for the documentation.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)+ }
            }
        }
    };
}

codes! {
    RequestMalformed "REQUEST_MALFORMED" 400 "Malformed request"
        "The request has no single meaning in HTTP: two lengths, two hosts, a broken line. Send it as RFC 9112 or RFC 9113 say.";
    VersionUnsupported "VERSION_UNSUPPORTED" 505 "HTTP version not supported"
        "The version of HTTP is not served. Use HTTP/1.1 or HTTP/2.";
    MethodUnsupported "METHOD_UNSUPPORTED" 501 "Method not supported"
        "TRACE and CONNECT are not served.";
    ExpectationFailed "EXPECTATION_FAILED" 417 "Expectation failed"
        "The request expects something other than `100-continue`. Leave the Expect field out.";
    WebsocketVersion "WEBSOCKET_VERSION" 426 "Upgrade required"
        "Only version 13 of WebSockets is served (RFC 6455). Send `Sec-WebSocket-Version: 13`.";
    HeadTimeout "HEAD_TIMEOUT" 408 "Request timeout"
        "The head of the request did not arrive in time (`timeouts.head`). Send it without pauses.";
    UrlTooLong "URL_TOO_LONG" 414 "URL too long"
        "Path and query together are longer than `sizes.url`. Move data into the body.";
    HeadersTooLarge "HEADERS_TOO_LARGE" 431 "Header fields too large"
        "The header fields are larger than `sizes.headers` or more than `sizes.headerCount`. Send fewer or smaller ones; cookies are the usual cause.";
    HostMissing "HOST_MISSING" 400 "Host missing"
        "The request names no host, and one is needed to answer it. Send the Host field.";
    Misdirected "MISDIRECTED" 421 "Misdirected request"
        "This service does not serve the host that the request names. Ask for one of its host names.";
    PathInvalid "PATH_INVALID" 400 "Invalid path"
        "Two readers could understand the path differently: dot segments, encoded slashes, backslashes, control characters, broken or double encoding. Send it plainly.";
    PathAmbiguous "PATH_AMBIGUOUS" 400 "Ambiguous path"
        "With and without its `;` parameters the path belongs to different routes. Leave the parameters out.";
    NotFound "NOT_FOUND" 404 "Not found"
        "The path is not served from outside (`app.internalPaths`).";
    BodyTooLarge "BODY_TOO_LARGE" 413 "Body too large"
        "The body is larger than `sizes.body`, or than `sizes.bodyByType` allows for its content type. Send less, or in parts.";
    RateLimited "RATE_LIMITED" 429 "Too many requests"
        "A limit of `rateLimits` is used up. Wait as long as Retry-After says.";
    OriginDenied "ORIGIN_DENIED" 403 "Origin denied"
        "The request comes from a page of another site that `cors` does not allow, or that asks for a method or a header field that it does not allow.";
    ApiKeyInQuery "API_KEY_IN_QUERY" 401 "API key in the query"
        "An API key came in the query string, where it ends in logs and histories. Send it in the header, and replace that key.";
    ApiKeyMissing "API_KEY_MISSING" 401 "API key missing"
        "The request carries no API key. Send it in the header that the answer names.";
    ApiKeyInvalid "API_KEY_INVALID" 401 "API key invalid"
        "The API key is not valid here: mistyped, unknown, revoked, or sent twice.";
    ApiKeyExpired "API_KEY_EXPIRED" 401 "API key expired"
        "The API key was valid and has expired. Ask for a new one.";
    ScopeRequired "SCOPE_REQUIRED" 403 "Scope required"
        "The caller is known but lacks a scope that `access` asks for.";
    BodyMalformed "BODY_MALFORMED" 400 "Malformed body"
        "The framing of the body is broken.";
    BodyTimeout "BODY_TIMEOUT" 408 "Request timeout"
        "The body stalled for longer than `timeouts.bodyIdle`.";
    ClientGone "CLIENT_GONE" 499 "Client closed the connection"
        "The client went away before it had its answer. Only in logs and metrics: nobody was left to answer.";
    AppUnreachable "APP_UNREACHABLE" 502 "Bad gateway"
        "No connection to the app could be opened within `timeouts.connect`. Try again later.";
    AppBroken "APP_BROKEN" 502 "Bad gateway"
        "The app closed the connection or answered with something that is no HTTP.";
    AppTimeout "APP_TIMEOUT" 504 "Gateway timeout"
        "The app's answer did not begin within `timeouts.request`.";
    Overloaded "OVERLOADED" 503 "Service unavailable"
        "The pod has as many requests in flight, or holds as many bytes for slow readers, as it can. Try again as Retry-After says.";
    Internal "INTERNAL" 500 "Internal error"
        "A defect of the sidecar. The request id finds it in the log.";
}

impl Code {
    /// The problem's type: the draft's where one is registered, ours otherwise.
    #[must_use]
    pub fn type_uri(self) -> String {
        match self {
            Self::RateLimited => "https://iana.org/assignments/http-problem-types#quota-exceeded".to_owned(),
            _ => format!("https://shipshape.dev/problems/{}", self.as_str().to_ascii_lowercase().replace('_', "-")),
        }
    }

    /// Its place in [`Code::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_upper_snake_and_stand_at_their_index() {
        for (at, code) in Code::ALL.iter().enumerate() {
            assert_eq!(code.index(), at);
            assert!(code.as_str().bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'), "{code:?}");
            assert!((400..600).contains(&code.status()), "{code:?}");
        }
    }

    #[test]
    fn no_two_codes_share_their_text() {
        let texts: std::collections::BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
    }
}
