//! The line before a chunk: its size, and extensions that are judged, bounded and dropped (RFC 9112 section 7.1.1).

use super::classes::{TOKEN, is};
use super::error::FramingError;

/// A size may have as many digits as fit into 64 bits, zeros at the front included.
const MOST_DIGITS: u8 = 16;
/// Extensions of one chunk, in bytes.
const LONGEST_EXTENSION: u32 = 256;
/// Extensions of all chunks of a body, in bytes.
const ALL_EXTENSIONS: u32 = 16 * 1024;

/// Where in its line a chunk is, and what extensions the body had so far.
#[derive(Debug, Default)]
pub(super) struct ChunkLine {
    at: At,
    size: u64,
    digits: u8,
    extension: u32,
    all_extensions: u32,
}

/// What some bytes of the line came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The line goes on.
    More,
    /// The line is whole; the chunk has so many bytes. The next one can be read.
    Size(u64),
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum At {
    #[default]
    Size,
    /// Behind a semicolon.
    NameStart,
    Name,
    /// Behind an equals sign.
    ValueStart,
    Value,
    Quoted,
    /// Behind a backslash within quotes.
    Escaped,
    QuoteEnd,
    /// Behind the carriage return.
    Feed,
}

impl ChunkLine {
    /// Takes bytes up to the end of the line; says how many.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<(usize, Step), FramingError> {
        for (index, &byte) in bytes.iter().enumerate() {
            if self.at == At::Feed {
                if byte != b'\n' {
                    return Err(FramingError::Chunk("the line before a chunk must end with CR LF"));
                }
                let size = self.size;
                *self = Self { all_extensions: self.all_extensions, ..Self::default() };
                return Ok((index + 1, Step::Size(size)));
            }
            self.at = if self.at == At::Size { self.take_size(byte)? } else { self.take_extension(byte)? };
        }
        Ok((bytes.len(), Step::More))
    }

    fn take_size(&mut self, byte: u8) -> Result<At, FramingError> {
        if let Some(digit) = char::from(byte).to_digit(16) {
            self.digits += 1;
            if self.digits > MOST_DIGITS || self.size >> 59 != 0 {
                return Err(FramingError::Chunk("a chunk's size must have 16 digits at most and be less than 2^63"));
            }
            self.size = self.size << 4 | u64::from(digit);
            return Ok(At::Size);
        }
        match byte {
            b'\r' if self.digits > 0 => Ok(At::Feed),
            b';' if self.digits > 0 => self.count_extension().map(|()| At::NameStart),
            _ => {
                Err(FramingError::Chunk("a chunk's size must be hexadecimal digits, with CR LF or ; right behind them"))
            }
        }
    }

    fn take_extension(&mut self, byte: u8) -> Result<At, FramingError> {
        let next = match (self.at, byte) {
            (At::NameStart | At::Name, _) if is(byte, TOKEN) => At::Name,
            (At::ValueStart | At::Value, _) if is(byte, TOKEN) => At::Value,
            (At::Name, b'=') => At::ValueStart,
            (At::ValueStart, b'"') => At::Quoted,
            (At::Quoted, b'"') => At::QuoteEnd,
            (At::Quoted, b'\\') => At::Escaped,
            (At::Quoted | At::Escaped, b'\t' | b' '..=b'~' | 0x80..) => At::Quoted,
            (At::Name | At::Value | At::QuoteEnd, b';') => At::NameStart,
            (At::Name | At::Value | At::QuoteEnd, b'\r') => return Ok(At::Feed),
            _ => return Err(FramingError::Chunk("a chunk's extension must be ;name, ;name=value or ;name=\"value\"")),
        };
        self.count_extension().map(|()| next)
    }

    fn count_extension(&mut self) -> Result<(), FramingError> {
        self.extension += 1;
        self.all_extensions += 1;
        if self.extension > LONGEST_EXTENSION || self.all_extensions > ALL_EXTENSIONS {
            return Err(FramingError::Chunk("the extensions of chunks are too long: leave them out"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(usize, Step), FramingError> {
        let mut line = ChunkLine::default();
        let whole = line.take(text.as_bytes());
        let mut pieces = ChunkLine::default();
        let mut last = Ok((0, Step::More));
        for (index, byte) in text.bytes().enumerate() {
            last = pieces.take(&[byte]).map(|(taken, step)| (index + taken, step));
            if !matches!(last, Ok((_, Step::More))) {
                break;
            }
        }
        assert_eq!(whole, last, "{text:?} byte by byte");
        whole
    }

    #[test]
    fn a_size_is_hexadecimal_and_bounded() {
        for (text, size) in [
            ("0\r\n", 0),
            ("a\r\n", 10),
            ("FfF\r\n", 4095),
            ("0000000000000005\r\n", 5),
            ("7fffffffffffffff\r\n", (1 << 63) - 1),
        ] {
            assert_eq!(read(text), Ok((text.len(), Step::Size(size))), "{text:?}");
        }
        for text in [
            "\r\n",
            "\n",
            "g",
            "5\n",
            "5 \r\n",
            " 5\r\n",
            "\t5",
            "5\t",
            "+5",
            "-5",
            "0x5",
            "5h",
            "5\0",
            "5\rx",
            "5\r\r\n",
            "8000000000000000\r\n",
            "ffffffffffffffff\r\n",
            "10000000000000000\r\n",
            "00000000000000005\r\n",
            "5,5",
            "5_5",
            "5\u{b2}",
            "5.",
            "\"5\"",
        ] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn extensions_are_dropped_if_they_are_grammar() {
        for text in ["5;a\r\n", "5;a=b\r\n", "5;a=\"b;\r c\"\r\n", "5;a=\"\"\r\n", "5;a=\"\\\"\"\r\n", "5;a;b=c;d\r\n"]
        {
            let is_fine = !text.contains("\r c");
            assert_eq!(read(text).is_ok(), is_fine, "{text:?}");
        }
        for text in [
            "5;\r\n",
            "5;;a",
            "5;=b",
            "5;a=\r\n",
            "5; a",
            "5 ;a",
            "5;a =b",
            "5;a= b",
            "5;a=b \r\n",
            "5;a=\"b\r",
            "5;a=\"b\"c",
            "5;a=\"\n\"",
            "5;a\n",
            "5;a=b\n",
            "5;a\0",
            "5;a=\"\\\r\"",
            "5;a=\"\x7f",
            "5;(",
        ] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn extensions_are_bounded_each_and_together() {
        let line = |length: usize| format!("5;{}\r\n", "a".repeat(length - 1));
        assert!(read(&line(256)).is_ok() && read(&line(257)).is_err());
        let mut body = ChunkLine::default();
        let full = line(256);
        for _ in 0..64 {
            assert_eq!(body.take(full.as_bytes()), Ok((full.len(), Step::Size(5))));
        }
        assert!(body.take(b"5;a\r\n").is_err() && ChunkLine::default().take(b"5;a\r\n").is_ok());
    }
}
