//! Takes the framing off a body: payload in pieces, however the bytes were cut on their way.

use super::chunks::Chunks;
use super::decoded::Decoded;
use super::error::FramingError;
use super::framing::Framing;

/// A body on its way in.
#[derive(Debug)]
pub struct Decoder(State);

#[derive(Debug)]
enum State {
    Length(u64),
    Chunked(Chunks),
    UntilClose,
}

impl Decoder {
    /// A body of this framing.
    #[must_use]
    pub fn new(framing: Framing) -> Self {
        Self(match framing {
            Framing::None => State::Length(0),
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::Chunked(Chunks::default()),
            Framing::UntilClose => State::UntilClose,
        })
    }

    /// Whether the body is whole. A chunked one is only after [`Decoded::End`], one until the end of the connection
    /// never: ask [`Self::finish_at_eof`].
    #[must_use]
    pub fn is_done(&self) -> bool {
        match &self.0 {
            State::Length(left) => *left == 0,
            State::Chunked(chunks) => chunks.is_done(),
            State::UntilClose => false,
        }
    }

    /// Takes bytes from the front of what came. Every answer but `More` leaves the rest for the next call.
    ///
    /// # Errors
    /// When the framing is broken; the body is not whole and nothing more of it can be told.
    pub fn decode(&mut self, input: &[u8]) -> Result<Decoded, FramingError> {
        if input.is_empty() && !self.is_done() {
            return Ok(Decoded::More { consumed: 0 });
        }
        match &mut self.0 {
            State::Length(0) => Ok(Decoded::End { consumed: 0, trailers: None }),
            State::Length(left) => {
                let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(input.len());
                *left -= taken as u64;
                Ok(Decoded::Data { consumed: taken, payload: 0..taken })
            }
            State::UntilClose => Ok(Decoded::Data { consumed: input.len(), payload: 0..input.len() }),
            State::Chunked(chunks) => chunks.decode(input),
        }
    }

    /// Whether a body is whole whose connection ends here.
    ///
    /// # Errors
    /// When it is not.
    pub fn finish_at_eof(&self) -> Result<(), FramingError> {
        match self.0 {
            State::UntilClose => Ok(()),
            _ if self.is_done() => Ok(()),
            _ => Err(FramingError::Truncated),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sized_body_ends_with_its_last_byte() {
        let mut decoder = Decoder::new(Framing::Length(5));
        assert_eq!(decoder.decode(b""), Ok(Decoded::More { consumed: 0 }));
        assert_eq!(decoder.decode(b"abc"), Ok(Decoded::Data { consumed: 3, payload: 0..3 }));
        assert_eq!(decoder.finish_at_eof(), Err(FramingError::Truncated));
        assert!(!decoder.is_done());
        assert_eq!(decoder.decode(b"deGET"), Ok(Decoded::Data { consumed: 2, payload: 0..2 }));
        assert!(decoder.is_done() && decoder.finish_at_eof().is_ok());
        assert_eq!(decoder.decode(b"GET"), Ok(Decoded::End { consumed: 0, trailers: None }));
    }

    #[test]
    fn no_body_is_done_before_it_begins() {
        for framing in [Framing::None, Framing::Length(0)] {
            let mut decoder = Decoder::new(framing);
            assert!(decoder.is_done());
            assert_eq!(decoder.decode(b"GET"), Ok(Decoded::End { consumed: 0, trailers: None }));
        }
    }

    #[test]
    fn a_body_until_the_end_ends_there_only() {
        let mut decoder = Decoder::new(Framing::UntilClose);
        assert_eq!(decoder.decode(b"abc"), Ok(Decoded::Data { consumed: 3, payload: 0..3 }));
        assert!(!decoder.is_done() && decoder.finish_at_eof().is_ok());
    }
}
