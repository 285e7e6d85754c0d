//! What the bytes of a body come to, piece by piece.

use std::ops::Range;

use crate::wire::fields::Fields;

/// What stood at the front of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub enum Decoded {
    /// Payload. Call again with what follows the consumed bytes.
    Data {
        /// Bytes that are done with.
        consumed: usize,
        /// The payload among them; never empty.
        payload: Range<usize>,
    },
    /// No payload; all bytes are done with, and more are needed.
    More {
        /// Bytes that are done with: all there were.
        consumed: usize,
    },
    /// The body is whole; what follows the consumed bytes is another message's.
    End {
        /// Bytes that are done with.
        consumed: usize,
        /// The fields behind a chunked body that may go on, if there is any.
        trailers: Option<Fields>,
    },
}
