//! The chunked coding (RFC 9112 section 7.1), taken off byte by byte between the payloads.

use super::chunk_line::{ChunkLine, Step};
use super::decoded::Decoded;
use super::error::FramingError;
use super::trailers::Trailers;

/// Where in the coding a body is.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    state: State,
    line: ChunkLine,
    trailers: Trailers,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In the line before a chunk.
    #[default]
    Line,
    /// In a chunk with so many bytes left.
    Data(u64),
    /// Behind a chunk's payload.
    DataReturn,
    /// Before the line feed behind a chunk's payload.
    DataFeed,
    /// Behind the last chunk.
    Trailers,
    /// The body is whole.
    Done,
}

impl Chunks {
    /// Whether the last byte of the coding came.
    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Takes bytes up to the end of the next payload, or of the coding.
    pub(super) fn decode(&mut self, input: &[u8]) -> Result<Decoded, FramingError> {
        let mut at = 0;
        while let Some(rest) = input.get(at..).filter(|rest| !rest.is_empty()) {
            match self.state {
                State::Line => at += self.take_line(rest)?,
                State::Data(left) => {
                    let taken = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                    let left = left - taken as u64;
                    self.state = if left == 0 { State::DataReturn } else { State::Data(left) };
                    return Ok(Decoded::Data { consumed: at + taken, payload: at..at + taken });
                }
                State::DataReturn => at += self.take_byte(rest, b'\r', State::DataFeed)?,
                State::DataFeed => at += self.take_byte(rest, b'\n', State::Line)?,
                State::Trailers => {
                    let (taken, is_whole) = self.trailers.take(rest)?;
                    at += taken;
                    if is_whole {
                        self.state = State::Done;
                        break;
                    }
                }
                State::Done => break,
            }
        }
        if !self.is_done() {
            return Ok(Decoded::More { consumed: at });
        }
        Ok(Decoded::End { consumed: at, trailers: self.trailers.finish() })
    }

    fn take_line(&mut self, rest: &[u8]) -> Result<usize, FramingError> {
        let (taken, step) = self.line.take(rest)?;
        match step {
            Step::More => {}
            Step::Size(0) => self.state = State::Trailers,
            Step::Size(size) => self.state = State::Data(size),
        }
        Ok(taken)
    }

    fn take_byte(&mut self, rest: &[u8], expected: u8, then: State) -> Result<usize, FramingError> {
        if rest.first() != Some(&expected) {
            return Err(FramingError::Chunk("a chunk must be as long as its size says and end with CR LF"));
        }
        self.state = then;
        Ok(1)
    }
}
