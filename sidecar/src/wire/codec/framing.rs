//! How a body is told from what follows it, and how large a head may be.

/// How a body is framed (RFC 9112 section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// There is none.
    None,
    /// So many bytes.
    Length(u64),
    /// In chunks, with trailers behind them (RFC 9112 section 7.1).
    Chunked,
    /// Until the connection ends. Answers only.
    UntilClose,
}

/// How large a head may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadLimits {
    /// Bytes of the whole head with the empty line after it; the first line may have half of them.
    pub bytes: usize,
    /// Fields, those counted too that end at this hop.
    pub fields: usize,
}

impl Default for HeadLimits {
    fn default() -> Self {
        Self { bytes: 128 * 1024, fields: 1000 }
    }
}
