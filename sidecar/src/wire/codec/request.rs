//! The head of a request, read strictly: one meaning, or a refusal.

use crate::wire::fields::Fields;
use crate::wire::head::{RequestHead, Target, Upgrade, Version};

use super::error::HeadError;
use super::framing::{Framing, HeadLimits};
use super::handshake::Handshake;
use super::hop::Hop;
use super::host::named_host;
use super::lines::{FieldLine, Line, line};
use super::names::Name;
use super::request_line::{RequestLine, request_line};
use super::target::WrittenTarget;

/// A head and what it says of its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedRequest {
    /// What goes on.
    pub head: RequestHead,
    /// How the body is framed; never [`Framing::UntilClose`].
    pub framing: Framing,
    /// Whether the client wants the connection to last.
    pub keep_alive: bool,
    /// Whether the client waits for `100 Continue` before it sends its body.
    pub expects_continue: bool,
    /// Bytes of the head, with the empty lines before and the one behind it.
    pub length: usize,
}

/// Reads the head at the front of what a client sent; `None` where more bytes are needed.
///
/// # Errors
/// As soon as the bytes show that they are no head with one meaning, or none within the limits. The same bytes in
/// other pieces give the same error.
pub fn parse_request(bytes: &[u8], limits: &HeadLimits, is_tls: bool) -> Result<Option<ParsedRequest>, HeadError> {
    let longest_line = limits.bytes / 2;
    let Some(first) = request_line(bytes.get(..longest_line).unwrap_or(bytes), is_tls)? else {
        return if bytes.len() < longest_line { Ok(None) } else { Err(HeadError::TargetTooLong) };
    };
    let block = bytes.get(first.length..limits.bytes).or_else(|| bytes.get(first.length..)).unwrap_or_default();
    let mut reading = Reading::new(first.version, block.len());
    match reading.read(block, limits.fields)? {
        Some(length) => reading.finish(first, length).map(Some),
        None if bytes.len() < limits.bytes => Ok(None),
        None => Err(HeadError::TooLarge),
    }
}

/// Heads are seldom larger; what follows one is not made room for.
const USUAL_BYTES: usize = 4096;
const USUAL_FIELDS: usize = 8;

/// What the fields said so far.
struct Reading<'a> {
    version: Version,
    fields: Fields,
    hop: Hop<'a>,
    handshake: Handshake<'a>,
    host: Option<String>,
    expects_continue: bool,
}

impl<'a> Reading<'a> {
    fn new(version: Version, bytes: usize) -> Self {
        Self {
            version,
            fields: Fields::with_capacity(USUAL_FIELDS, bytes.min(USUAL_BYTES)),
            hop: Hop::default(),
            handshake: Handshake::default(),
            host: None,
            expects_continue: false,
        }
    }

    /// Reads fields up to the empty line; says how many bytes they have.
    fn read(&mut self, block: &'a [u8], most: usize) -> Result<Option<usize>, HeadError> {
        let (mut at, mut count) = (0, 0);
        loop {
            match line(block.get(at..).unwrap_or_default())? {
                Line::More => return Ok(None),
                Line::Empty => return Ok(Some(at + 2)),
                Line::Field(_) if count == most => return Err(HeadError::TooManyFields),
                Line::Field(line) => {
                    count += 1;
                    at += line.length();
                    self.take(&line)?;
                }
            }
        }
    }

    #[inline]
    fn take(&mut self, line: &FieldLine<'a>) -> Result<(), HeadError> {
        let name = Name::of(line.name);
        match name {
            Name::Other => {}
            Name::WebSocketKey => self.handshake.take_key(line.value),
            Name::WebSocketVersion => self.handshake.take_version(line.value),
            Name::Host => return self.take_host(line.value),
            Name::Expect => return self.take_expectation(line.value),
            _ => return Ok(self.hop.take(name, line.value, self.version)?),
        }
        line.store(&mut self.fields);
        Ok(())
    }

    fn take_host(&mut self, value: &[u8]) -> Result<(), HeadError> {
        if self.host.is_some() {
            return Err(HeadError::HostInvalid);
        }
        self.host = Some(named_host(value).ok_or(HeadError::HostInvalid)?);
        Ok(())
    }

    fn take_expectation(&mut self, value: &[u8]) -> Result<(), HeadError> {
        self.expects_continue = true;
        if value.eq_ignore_ascii_case(b"100-continue") { Ok(()) } else { Err(HeadError::Expectation) }
    }

    fn finish(mut self, first: RequestLine<'_>, length: usize) -> Result<ParsedRequest, HeadError> {
        let RequestLine { method, target, version, length: line } = first;
        let framing = self.hop.framing().unwrap_or(Framing::None);
        let content_length = match framing {
            Framing::None => Some(0),
            Framing::Length(length) => Some(length),
            Framing::Chunked | Framing::UntilClose => None,
        };
        let has_body = content_length != Some(0);
        let upgrade = if self.hop.names_websocket && self.hop.says_upgrade && version != Version::Http10 {
            self.handshake.judge(&method, has_body)?;
            Some(Upgrade::WebSocket)
        } else {
            None
        };
        self.hop.end_named(&mut self.fields);
        let keep_alive = self.hop.keeps_alive(version);
        // In HTTP/1.0 the expectation means nothing (RFC 9110 section 10.1.1).
        let expects_continue = self.expects_continue && has_body && version != Version::Http10;
        let authority = one_authority(target.authority.as_deref(), self.host, version)?;
        let target = path_and_query(&target, &method);
        let head = RequestHead { method, target, authority, version, fields: self.fields, content_length, upgrade };
        Ok(ParsedRequest { head, framing, keep_alive, expects_continue, length: line + length })
    }
}

/// An absolute target and Host must name the same (RFC 9112 section 3.2.2).
fn one_authority(target: Option<&str>, host: Option<String>, version: Version) -> Result<String, HeadError> {
    match (target, host) {
        (None, Some(host)) => Ok(host),
        (Some(target), Some(host)) if target == host => Ok(host),
        (Some(_), Some(_)) => Err(HeadError::HostInvalid),
        (target, None) if version == Version::Http10 => Ok(target.unwrap_or_default().to_owned()),
        (_, None) => Err(HeadError::HostMissing),
    }
}

/// An absolute target without a path asks for `/` (RFC 9110 section 4.2.3), or for the server itself (RFC 9112 section
/// 3.2.4).
fn path_and_query(target: &WrittenTarget<'_>, method: &[u8]) -> Target {
    // Only ASCII gets here.
    let text = std::str::from_utf8(target.path_and_query).unwrap_or_default();
    match text.as_bytes().first() {
        None if method == b"OPTIONS" => Target::new("*"),
        None => Target::new("/"),
        Some(b'?') => Target::new(format!("/{text}")),
        Some(_) => Target::with_query_at(text, target.query_at),
    }
}
