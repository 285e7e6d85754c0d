//! HTTP/1 as bytes, in both directions: one strict grammar, no input or output, nothing that waits (RFC 9112).
//!
//! Reading: [`parse_request`] and [`parse_response`] read heads, [`Decoder`] takes the framing off bodies. Writing:
//! framing is never copied, always written anew from what was understood.

mod chunk_line;
mod chunks;
mod classes;
mod decoded;
mod decoder;
mod error;
mod framing;
mod handshake;
mod hop;
mod host;
mod lines;
mod lines_out;
mod names;
mod request;
mod request_line;
mod response;
mod target;
#[cfg(test)]
mod tests;
mod trailers;
mod write_body;
mod write_request;
mod write_response;

pub(super) use classes::is_token;
pub use decoded::Decoded;
pub use decoder::Decoder;
pub use error::{FramingError, HeadError, ResponseError};
pub use framing::{Framing, HeadLimits};
pub use request::{ParsedRequest, parse_request};
pub(super) use request_line::judge_method;
pub use response::{Asked, ParsedResponse, parse_response};
pub use write_body::{write_chunk_head, write_last_chunk};
pub use write_request::write_request;
pub use write_response::{Persistence, Written, write_hint, write_response};

/// Where the first line feed stands: until there is a new one, a head need not be read again.
#[must_use]
pub fn first_line_break(bytes: &[u8]) -> Option<usize> {
    memchr::memchr(b'\n', bytes)
}
