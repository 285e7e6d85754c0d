//! Why a message has no single meaning. Each text says what to send instead.

/// What is wrong with the bytes of a line, whichever message it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flaw(pub(super) &'static str);

/// Why the fields that frame a message, or end at this hop, have no single meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HopError {
    /// A line is broken.
    Flaw(Flaw),
    /// Transfer-Encoding is not exactly `chunked`, comes twice, in HTTP/1.0 or beside Content-Length.
    TransferEncoding,
    /// Content-Length is no plain number, or comes twice.
    ContentLength,
    /// `Connection` names what must not be removed.
    Connection,
}

/// Why the head of a request has no single meaning, or none that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// It is no HTTP: 400.
    #[error("The request is malformed: {0}.")]
    Malformed(&'static str),
    /// Its head did not come in time: 408 (RFC 9110 section 15.5.9).
    #[error("The head of the request did not arrive in time.")]
    Late,
    /// The first line is longer than half of what a head may have: 414 (RFC 9110 section 15.5.15).
    #[error("The request's target is too long: send a shorter one, and data in the body.")]
    TargetTooLong,
    /// The head is larger than its limit in bytes: 431 (RFC 6585 section 5).
    #[error("The request's head is too large: send fewer or shorter fields.")]
    TooLarge,
    /// The head has more fields than its limit: 431 (RFC 6585 section 5).
    #[error("The request has too many fields: send fewer.")]
    TooManyFields,
    /// No Host in HTTP/1.1, no `:authority` in HTTP/2.
    #[error("The request names no host: send exactly one Host field.")]
    HostMissing,
    /// Two hosts, or one that is no host.
    #[error("The request must name exactly one valid host.")]
    HostInvalid,
    /// CONNECT or TRACE, or a known method in other letters.
    #[error("That method is not served: CONNECT and TRACE never are, and the others are written in capitals.")]
    Method,
    /// A target with a scheme that is not this connection's, or none of the known forms.
    #[error("The request's target must be a path, or an http or https URL of this host.")]
    Target,
    /// A byte that a target cannot have, or a percent sign in the path that starts no escape (RFC 3986 section 2).
    #[error("The request's target has a byte that is not allowed there: percent-encode it.")]
    TargetBytes,
    /// A transfer coding that is not exactly `chunked`, or one beside Content-Length or in HTTP/1.0.
    #[error("The request's framing is ambiguous: send Transfer-Encoding: chunked, or Content-Length.")]
    Framing,
    /// Content-Length that is no plain number, or comes twice (RFC 9110 section 8.6).
    #[error("Content-Length must be sent once, as digits only, and be less than 2^63.")]
    ContentLength,
    /// `Connection` names a field that must not end at this hop (RFC 9110 section 7.6.1).
    #[error("Connection may not name fields of framing, routing or identity: leave them out of it.")]
    Connection,
    /// TE with more than `trailers` in HTTP/2 (RFC 9113 section 8.2.2).
    #[error("In HTTP/2 the TE field may only say trailers.")]
    Te,
    /// An expectation other than 100-continue (RFC 9110 section 10.1.1).
    #[error("The only expectation that is met is 100-continue.")]
    Expectation,
    /// Not HTTP/1.0, HTTP/1.1 or HTTP/2.
    #[error("The version of HTTP is not served: use HTTP/1.1 or HTTP/2.")]
    Version,
    /// A WebSocket is asked for otherwise than RFC 6455 section 4.1 says: 400.
    #[error("To open a WebSocket send GET without a body and one Sec-WebSocket-Key of 16 bytes in base64.")]
    UpgradeInvalid,
    /// A WebSocket of a version other than 13 is asked for: 426 with `Sec-WebSocket-Version: 13` (RFC 6455 section 4.4).
    #[error("The only version of WebSockets that is served is 13: send Sec-WebSocket-Version: 13 once.")]
    UpgradeVersion,
}

/// Why the head of the app's answer has no single meaning; the client is told 502.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ResponseError {
    /// It is no HTTP.
    #[error("its answer is malformed: {0}")]
    Malformed(&'static str),
    /// The head is larger than its limit in bytes.
    #[error("the head of its answer is larger than {limit} bytes: it must send fewer or shorter fields")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The head has more fields than its limit.
    #[error("its answer has more than {limit} fields: it must send fewer")]
    TooManyFields {
        /// The limit.
        limit: usize,
    },
    /// The status is none that an answer can have.
    #[error("it answered with the status {0}: it must be 100 to 599")]
    Status(u16),
    /// It switches protocols without being asked, or not to WebSocket.
    #[error("it answered 101 to a request that asked for no WebSocket, or without Upgrade: websocket")]
    Switch,
    /// Framing is doubled, contradictory or not allowed with the status (RFC 9112 section 6).
    #[error("the framing of its answer is ambiguous: it must send Transfer-Encoding: chunked or one Content-Length")]
    Framing,
    /// Content-Length is no plain number, or comes twice.
    #[error("its answer must have one Content-Length at most, of digits only and less than 2^63")]
    ContentLength,
    /// `Connection` names a field of framing.
    #[error("its answer's Connection must not name fields of framing, routing or identity")]
    Connection,
}

/// Why a body's framing is broken. The payload before it must not look complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FramingError {
    /// The framing of a chunk is broken (RFC 9112 section 7.1).
    #[error("{0}")]
    Chunk(&'static str),
    /// A trailer is broken (RFC 9112 section 7.1.2).
    #[error("a trailer is malformed: {0}")]
    Trailer(&'static str),
    /// There are too many trailers.
    #[error("the trailers must be at most {fields} fields of together {bytes} bytes")]
    Trailers {
        /// The limit of fields.
        fields: usize,
        /// The limit in bytes.
        bytes: usize,
    },
    /// The connection ended before the body did.
    #[error("the body ended before it was whole")]
    Truncated,
}

impl From<Flaw> for HopError {
    fn from(flaw: Flaw) -> Self {
        Self::Flaw(flaw)
    }
}

impl From<Flaw> for HeadError {
    fn from(Flaw(text): Flaw) -> Self {
        Self::Malformed(text)
    }
}

impl From<Flaw> for ResponseError {
    fn from(Flaw(text): Flaw) -> Self {
        Self::Malformed(text)
    }
}

impl From<Flaw> for FramingError {
    fn from(Flaw(text): Flaw) -> Self {
        Self::Trailer(text)
    }
}

impl From<HopError> for HeadError {
    fn from(error: HopError) -> Self {
        match error {
            HopError::Flaw(flaw) => flaw.into(),
            HopError::TransferEncoding => Self::Framing,
            HopError::ContentLength => Self::ContentLength,
            HopError::Connection => Self::Connection,
        }
    }
}

impl From<HopError> for ResponseError {
    fn from(error: HopError) -> Self {
        match error {
            HopError::Flaw(flaw) => flaw.into(),
            HopError::TransferEncoding => Self::Framing,
            HopError::ContentLength => Self::ContentLength,
            HopError::Connection => Self::Connection,
        }
    }
}
