//! Whole messages as the strictest reader sees them.

use super::message::{Framing, Message, Role, field, head, lines};

/// What was read.
#[derive(Debug, Clone)]
pub enum Reading {
    /// A whole message, and the bytes it took.
    Whole(Message, usize),
    /// A whole head, and a body of which more must come.
    Part(Message),
    /// A head of which more must come; nothing at all, too.
    Head,
    /// No message: why.
    Broken(String),
}

/// Reads the first message of some bytes. `ended` says that no more come.
pub fn read(bytes: &[u8], role: Role, ended: bool) -> Reading {
    match lines(bytes) {
        Err(why) => Reading::Broken(why),
        Ok(None) => Reading::Head,
        Ok(Some((lines, taken))) => match head(&lines, role) {
            Err(why) => Reading::Broken(why),
            Ok(message) => body(message, bytes, taken, ended),
        },
    }
}

/// Reads the body of a message whose head took that many of the bytes.
fn body(mut message: Message, bytes: &[u8], head: usize, ended: bool) -> Reading {
    let rest = bytes.get(head..).unwrap_or_default();
    match message.framing {
        Framing::Empty => Reading::Whole(message, head),
        Framing::Sized(length) => {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let whole = rest.get(..length);
            message.body = whole.unwrap_or(rest).to_vec();
            if whole.is_some() { Reading::Whole(message, head + length) } else { Reading::Part(message) }
        }
        Framing::UntilClose => {
            message.body = rest.to_vec();
            if ended { Reading::Whole(message, bytes.len()) } else { Reading::Part(message) }
        }
        Framing::Chunked => match chunks(&mut message, rest) {
            Err(why) => Reading::Broken(why),
            Ok(Some(taken)) => Reading::Whole(message, head + taken),
            Ok(None) => Reading::Part(message),
        },
    }
}

/// Reads chunks into the message; the bytes they take with their trailers, or `None` while there must come more.
fn chunks(message: &mut Message, bytes: &[u8]) -> Result<Option<usize>, String> {
    let mut taken = 0;
    loop {
        let rest = bytes.get(taken..).unwrap_or_default();
        let Some(line) = line(rest)? else { return Ok(None) };
        taken += line.len() + 2;
        let size = size(line)?;
        if size == 0 {
            let Some((trailers, length)) = lines(bytes.get(taken..).unwrap_or_default())? else { return Ok(None) };
            message.trailers = trailers.into_iter().map(field).collect::<Result<_, _>>()?;
            return Ok(Some(taken + length));
        }
        let rest = bytes.get(taken..).unwrap_or_default();
        let Some((chunk, after)) = rest.split_at_checked(size) else {
            message.body.extend_from_slice(rest);
            return Ok(None);
        };
        message.body.extend_from_slice(chunk);
        match after {
            [b'\r', b'\n', ..] => taken += size + 2,
            [] | [b'\r'] => return Ok(None),
            _ => return Err("a chunk that does not end where it should".to_owned()),
        }
    }
}

/// A line without its end; `None` while it is not there.
fn line(bytes: &[u8]) -> Result<Option<&[u8]>, String> {
    let Some(end) = bytes.iter().position(|&byte| byte == b'\n') else { return Ok(None) };
    let line = bytes.get(..end).unwrap_or_default();
    line.strip_suffix(b"\r").map(Some).ok_or_else(|| "a bare LF after a chunk's size".to_owned())
}

fn size(line: &[u8]) -> Result<usize, String> {
    let text = std::str::from_utf8(line).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let size = text.filter(|text| text.len() <= 8).and_then(|text| usize::from_str_radix(text, 16).ok());
    size.ok_or_else(|| format!("no plain chunk size: {}", line.escape_ascii()))
}
