//! The fields behind a chunked body (RFC 9112 section 7.1.2): read like a head's, few, and none that speaks of the
//! message itself.

use crate::wire::fields::Fields;

use super::error::FramingError;
use super::lines::{Line, line};
use super::names::is_safe_trailer;

/// How many trailers there may be, those counted that are dropped.
const MOST_FIELDS: usize = 32;
/// Bytes of all of them, with the empty line behind.
const MOST_BYTES: usize = 8 * 1024;

/// Trailers as read so far.
#[derive(Debug, Default)]
pub(super) struct Trailers {
    fields: Fields,
    count: usize,
    bytes: usize,
    /// The beginning of a line whose end did not come yet.
    begun: Vec<u8>,
}

impl Trailers {
    /// Takes bytes up to the empty line; says how many, and whether it came.
    pub(super) fn take(&mut self, input: &[u8]) -> Result<(usize, bool), FramingError> {
        let before = self.begun.len();
        let joined = if before == 0 { None } else { Some([&self.begun, input].concat()) };
        let text = joined.as_deref().unwrap_or(input);
        // A byte beyond the limit is not even looked at, so that the pieces make no difference.
        let window = text.get(..MOST_BYTES - self.bytes).unwrap_or(text);
        let mut at = 0;
        loop {
            let rest = window.get(at..).unwrap_or_default();
            match line(rest)? {
                Line::More if self.bytes + rest.len() >= MOST_BYTES => return Err(TOO_MANY),
                Line::More => {
                    self.begun = rest.to_vec();
                    return Ok((input.len(), false));
                }
                Line::Empty => {
                    self.begun = Vec::new();
                    return Ok((at + 2 - before, true));
                }
                Line::Field(_) if self.count == MOST_FIELDS => return Err(TOO_MANY),
                Line::Field(line) => {
                    self.count += 1;
                    self.bytes += line.length();
                    at += line.length();
                    if is_safe_trailer(line.name) {
                        line.store(&mut self.fields);
                    }
                }
            }
        }
    }

    /// What may go on, if there is any.
    pub(super) fn finish(&mut self) -> Option<Fields> {
        let fields = std::mem::take(&mut self.fields);
        (!fields.is_empty()).then_some(fields)
    }
}

const TOO_MANY: FramingError = FramingError::Trailers { fields: MOST_FIELDS, bytes: MOST_BYTES };
