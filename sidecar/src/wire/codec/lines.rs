//! Field lines (RFC 9112 section 5): one grammar for requests, answers and trailers.

use crate::wire::fields::Fields;

use super::classes::{TOKEN, run_of, run_of_value};
use super::error::Flaw;

/// What stands at the front of some bytes.
pub(super) enum Line<'a> {
    /// Nothing whole yet.
    More,
    /// The empty line, of two bytes.
    Empty,
    /// A field.
    Field(FieldLine<'a>),
}

/// A whole line `name: value`.
#[derive(Clone, Copy)]
pub(super) struct FieldLine<'a> {
    /// The name, as it came.
    pub(super) name: &'a [u8],
    /// The value without the blanks around it.
    pub(super) value: &'a [u8],
    /// The line with its end.
    line: &'a [u8],
}

impl FieldLine<'_> {
    /// Bytes of the line with its end.
    #[inline]
    pub(super) fn length(&self) -> usize {
        self.line.len()
    }

    /// Adds the field.
    #[inline]
    pub(super) fn store(&self, fields: &mut Fields) {
        // Most lines already stand as they are kept: one blank before the value, none behind it.
        if self.name.len() + self.value.len() + 4 == self.line.len()
            && self.line.get(self.name.len() + 1) == Some(&b' ')
        {
            fields.push_line(self.line, self.name.len());
        } else {
            fields.append(self.name.to_ascii_lowercase(), self.value);
        }
    }
}

/// Reads the line at the front; a wrong byte is told before the line is whole.
#[inline(always)]
pub(super) fn line(bytes: &[u8]) -> Result<Line<'_>, Flaw> {
    let name = run_of(bytes, TOKEN);
    match bytes.get(name) {
        None => return Ok(Line::More),
        Some(b':') if name > 0 => {}
        Some(b'\r') if name == 0 => return Ok(if breaks_at(bytes, 0)? { Line::Empty } else { Line::More }),
        Some(&byte) => return Err(name_flaw(byte, name)),
    }
    let after = name + 1;
    let end = after + run_of_value(bytes.get(after..).unwrap_or_default());
    if !breaks_at(bytes, end)? {
        return Ok(Line::More);
    }
    let written = bytes.get(after..end).unwrap_or_default();
    // Of what this trims, only blanks and tabs can be there.
    Ok(Line::Field(FieldLine {
        name: bytes.get(..name).unwrap_or_default(),
        value: written.trim_ascii(),
        line: bytes.get(..end + 2).unwrap_or_default(),
    }))
}

/// Whether a line ends at this place; not yet, where the bytes end there.
#[inline]
pub(super) fn breaks_at(bytes: &[u8], at: usize) -> Result<bool, Flaw> {
    match (bytes.get(at), bytes.get(at + 1)) {
        (Some(b'\r'), Some(b'\n')) => Ok(true),
        (None, _) | (Some(b'\r'), None) => Ok(false),
        (Some(b'\r'), _) => Err(Flaw("a carriage return must be followed by a line feed")),
        (Some(b'\n'), _) => Err(Flaw("a line must end with CR LF, not with LF alone")),
        (Some(_), _) => Err(Flaw("control characters are not allowed in a line")),
    }
}

fn name_flaw(byte: u8, before: usize) -> Flaw {
    Flaw(match (byte, before) {
        (b'\n', _) => "a line must end with CR LF, not with LF alone",
        (b' ' | b'\t', 0) => "a field must stand on one line",
        (b' ' | b'\t', _) => "no blank may stand before a field's colon",
        (b':', 0) => "a field must have a name",
        (b'\r', _) => "a field must have a colon behind its name",
        _ => "a field's name may have letters, digits and !#$%&'*+-.^_`|~ only",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Option<(String, String, usize)> {
        match line(text).unwrap() {
            Line::Field(line) => {
                let mut fields = Fields::default();
                line.store(&mut fields);
                let field = fields.iter().next().unwrap();
                assert_eq!((line.name.to_ascii_lowercase().as_slice(), line.value), (field.name, field.value));
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                Some((text(field.name), text(field.value), line.length()))
            }
            Line::More | Line::Empty => None,
        }
    }

    #[test]
    fn a_value_loses_the_blanks_around_it() {
        for (line, value) in [
            ("Accept:a\r\n", "a"),
            ("Accept: a\r\n", "a"),
            ("Accept:\t a b \t\r\n", "a b"),
            ("Accept:\r\n", ""),
            ("Accept: \t \r\n", ""),
            ("Accept: a\tb\r\n", "a\tb"),
            ("Accept: :\r\nnext", ":"),
        ] {
            let length = line.find('\n').unwrap() + 1;
            assert_eq!(read(line.as_bytes()), Some(("accept".into(), value.into(), length)), "{line:?}");
        }
        assert!(matches!(line(b"a: \x80\xff\r\n"), Ok(Line::Field(line)) if line.value == b"\x80\xff"));
        assert!(matches!(line(b"\r\n"), Ok(Line::Empty)));
    }

    #[test]
    fn what_is_not_whole_is_waited_for() {
        for text in ["", "a", "a:", "a: b", "a: b\r", "\r"] {
            assert!(matches!(line(text.as_bytes()), Ok(Line::More)), "{text:?}");
        }
    }

    #[test]
    fn a_broken_line_is_refused_at_its_first_wrong_byte() {
        let broken: [&[u8]; 19] = [
            b"a : b",
            b"a\t: b",
            b" a: b",
            b"\ta: b",
            b": b",
            b"a\r\n",
            b"a\n",
            b"a: b\n",
            b"\n",
            b"a: b\rc",
            b"\r\r",
            b"a: \0",
            b"a: \x01",
            b"a: \x7f",
            b"a\x80",
            b"a\0",
            b"a(b",
            b"\"a",
            b"a: b\x0b",
        ];
        for text in broken {
            assert!(line(text).is_err(), "{}", text.escape_ascii());
        }
    }
}
