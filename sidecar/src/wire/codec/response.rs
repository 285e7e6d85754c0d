//! The head of the app's answer, read as strictly as a request's: a client must never see two answers in one.

use crate::wire::fields::Fields;
use crate::wire::head::{ResponseHead, Version};

use super::classes::run_of_value;
use super::error::{Flaw, ResponseError};
use super::framing::{Framing, HeadLimits};
use super::hop::Hop;
use super::lines::{FieldLine, Line, breaks_at, line};
use super::names::Name;

/// What was asked, as far as it decides how the answer is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// HEAD: the answer has no body, whatever its head says.
    Head,
    /// A WebSocket: 101 is an answer.
    Upgrade,
    /// Anything else.
    Other,
}

/// A head and what it says of its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedResponse {
    /// What goes on.
    pub head: ResponseHead,
    /// How the body is framed.
    pub framing: Framing,
    /// Whether the connection can be used again after the body.
    pub keep_alive: bool,
    /// Whether the connection is a WebSocket from here on.
    pub switches: bool,
    /// Bytes of the head, with the empty line behind it.
    pub length: usize,
}

/// Reads the head at the front of what an app sent, interim ones (1xx) too; `None` where more bytes are needed.
///
/// # Errors
/// As soon as the bytes show that they are no head with one meaning, or none within the limits. The same bytes in
/// other pieces give the same error.
pub fn parse_response(
    bytes: &[u8],
    limits: &HeadLimits,
    request: Asked,
) -> Result<Option<ParsedResponse>, ResponseError> {
    let window = bytes.get(..limits.bytes).unwrap_or(bytes);
    let mut reading = Reading::default();
    match reading.read(window, limits.fields)? {
        Some((status, length)) => reading.finish(status, request, length).map(Some),
        None if bytes.len() < limits.bytes => Ok(None),
        None => Err(ResponseError::TooLarge { limit: limits.bytes }),
    }
}

/// Heads are seldom larger; what follows one is not made room for.
const USUAL_BYTES: usize = 512;
const USUAL_FIELDS: usize = 8;

/// A status line, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct StatusLine {
    version: Version,
    status: u16,
    length: usize,
}

/// What the fields said so far.
#[derive(Default)]
struct Reading<'a> {
    fields: Fields,
    hop: Hop<'a>,
}

impl<'a> Reading<'a> {
    /// Reads up to the empty line; says how many bytes that is.
    fn read(&mut self, bytes: &'a [u8], most: usize) -> Result<Option<(StatusLine, usize)>, ResponseError> {
        let Some(status) = status_line(bytes)? else { return Ok(None) };
        let (mut at, mut count) = (status.length, 0);
        self.fields = Fields::with_capacity(USUAL_FIELDS, (bytes.len() - at).min(USUAL_BYTES));
        loop {
            match line(bytes.get(at..).unwrap_or_default())? {
                Line::More => return Ok(None),
                Line::Empty => return Ok(Some((status, at + 2))),
                Line::Field(_) if count == most => return Err(ResponseError::TooManyFields { limit: most }),
                Line::Field(line) => {
                    count += 1;
                    at += line.length();
                    self.take(&line, status.version)?;
                }
            }
        }
    }

    #[inline]
    fn take(&mut self, line: &FieldLine<'a>, version: Version) -> Result<(), ResponseError> {
        match Name::of(line.name) {
            name if name.goes_through() => line.store(&mut self.fields),
            name => self.hop.take(name, line.value, version)?,
        }
        Ok(())
    }

    fn finish(mut self, first: StatusLine, asked: Asked, length: usize) -> Result<ParsedResponse, ResponseError> {
        let StatusLine { version, status, length: _ } = first;
        let switches = status == 101;
        if switches && !(asked == Asked::Upgrade && self.hop.names_websocket && self.hop.says_upgrade) {
            return Err(ResponseError::Switch);
        }
        let told = self.hop.framing();
        let framing = match status {
            100..200 | 204 if matches!(told, None | Some(Framing::Length(0))) => Framing::None,
            100..200 | 204 => return Err(ResponseError::Framing),
            304 => Framing::None,
            _ if asked == Asked::Head => Framing::None,
            _ => told.unwrap_or(Framing::UntilClose),
        };
        self.hop.end_named(&mut self.fields);
        let keep_alive = framing != Framing::UntilClose && !switches && self.hop.keeps_alive(version);
        let content_length = self.hop.length.filter(|_| status >= 200 && status != 204);
        let head = ResponseHead { status, fields: self.fields, content_length };
        Ok(ParsedResponse { head, framing, keep_alive, switches, length })
    }
}

/// `HTTP/1.1 200 OK`. The reason says nothing that the status does not (RFC 9112 section 4); it and the blank before
/// it may be missing.
fn status_line(bytes: &[u8]) -> Result<Option<StatusLine>, ResponseError> {
    let text = bytes.get(..12).unwrap_or(bytes);
    let fits = |(byte, form): (&u8, &u8)| if *form == b'd' { byte.is_ascii_digit() } else { byte == form };
    if !text.iter().zip(b"HTTP/1.d ddd").all(fits) {
        return Err(Flaw("it must begin with HTTP/1.1, one blank and a status of three digits").into());
    }
    let [.., version, _, hundreds, tens, ones] = text else { return Ok(None) };
    if text.len() < 12 {
        return Ok(None);
    }
    let version = match version {
        b'1' => Version::Http11,
        b'0' => Version::Http10,
        _ => return Err(Flaw("its version must be HTTP/1.1 or HTTP/1.0").into()),
    };
    let status = [hundreds, tens, ones].iter().fold(0, |status, digit| status * 10 + u16::from(**digit - b'0'));
    if !(100..600).contains(&status) {
        return Err(ResponseError::Status(status));
    }
    let end = match bytes.get(12) {
        Some(b' ') => 13 + run_of_value(bytes.get(13..).unwrap_or_default()),
        Some(b'\r') | None => 12,
        Some(_) => return Err(Flaw("one blank must stand behind its status").into()),
    };
    Ok(breaks_at(bytes, end)?.then_some(StatusLine { version, status, length: end + 2 }))
}
