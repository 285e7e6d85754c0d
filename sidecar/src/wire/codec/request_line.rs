//! The first line of a request (RFC 9112 section 3).

use bytes::Bytes;

use crate::wire::head::Version;

use super::classes::{TOKEN, run_of};
use super::error::HeadError;
use super::lines::breaks_at;
use super::target::{WrittenTarget, target};

/// The longest method that is taken; the longest registered one has 17 bytes.
const LONGEST_METHOD: usize = 32;

/// Empty lines that are passed over before a request (RFC 9112 section 2.2 asks for one at least).
const MOST_EMPTY_LINES: usize = 2;

/// A request line, taken apart.
#[derive(Debug)]
pub(super) struct RequestLine<'a> {
    /// The method.
    pub(super) method: Bytes,
    /// The target.
    pub(super) target: WrittenTarget<'a>,
    /// HTTP/1.0 or HTTP/1.1.
    pub(super) version: Version,
    /// Bytes of the line with its end and the empty lines before it.
    pub(super) length: usize,
}

/// Reads the first line; `None` where more bytes are needed.
///
/// # Errors
/// As soon as the bytes can be no request line.
pub(super) fn request_line(bytes: &[u8], is_tls: bool) -> Result<Option<RequestLine<'_>>, HeadError> {
    let Some(before) = empty_lines(bytes)? else { return Ok(None) };
    let rest = bytes.get(before..).unwrap_or_default();
    let Some(name) = method(rest)? else { return Ok(None) };
    let rest = rest.get(name.len() + 1..).unwrap_or_default();
    let Some(target) = target(rest, name, is_tls)? else { return Ok(None) };
    let rest = rest.get(target.length + 1..).unwrap_or_default();
    let Some(version) = version(rest)? else { return Ok(None) };
    if !breaks_at(rest, 8)? {
        return Ok(None);
    }
    let length = before + name.len() + 1 + target.length + 1 + 10;
    Ok(Some(RequestLine { method: shared(name), target, version, length }))
}

fn empty_lines(bytes: &[u8]) -> Result<Option<usize>, HeadError> {
    let mut at = 0;
    while at < MOST_EMPTY_LINES * 2 && bytes.get(at) == Some(&b'\r') {
        if !breaks_at(bytes, at)? {
            return Ok(None);
        }
        at += 2;
    }
    Ok(Some(at))
}

/// The method before a blank.
fn method(bytes: &[u8]) -> Result<Option<&[u8]>, HeadError> {
    let end = run_of(bytes, TOKEN);
    if end > LONGEST_METHOD {
        return Err(HeadError::Malformed("a method may have 32 bytes at most"));
    }
    match bytes.get(end) {
        None => Ok(None),
        Some(b' ') if end > 0 => {
            let name = bytes.get(..end).unwrap_or_default();
            judge_method(name)?;
            Ok(Some(name))
        }
        Some(_) => Err(HeadError::Malformed("the request line must be: method, blank, target, blank, HTTP/1.1")),
    }
}

/// Judges a method. One that differs from a known one by its letters' case only is refused: methods are told apart by
/// case (RFC 9110 section 9.1), so a rule for `GET` does not count for `get`, and some apps serve both alike.
///
/// # Errors
/// [`HeadError::Method`] where it is not served.
pub(in crate::wire) fn judge_method(name: &[u8]) -> Result<(), HeadError> {
    const SERVED: [&[u8]; 7] = [b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"HEAD", b"OPTIONS"];
    const REFUSED: [&[u8]; 2] = [b"CONNECT", b"TRACE"];
    let is_like = |known: &&[u8]| name.eq_ignore_ascii_case(known);
    if SERVED.contains(&name) {
        return Ok(());
    }
    if SERVED.iter().chain(&REFUSED).any(is_like) {
        return Err(HeadError::Method);
    }
    Ok(())
}

fn version(bytes: &[u8]) -> Result<Option<Version>, HeadError> {
    let text = bytes.get(..8).unwrap_or(bytes);
    match text {
        b"HTTP/1.1" => return Ok(Some(Version::Http11)),
        b"HTTP/1.0" => return Ok(Some(Version::Http10)),
        _ => {}
    }
    let fits = |(byte, form): (&u8, &u8)| if *form == b'd' { byte.is_ascii_digit() } else { byte == form };
    if !text.iter().zip(b"HTTP/d.d").all(fits) {
        return Err(HeadError::Malformed("the request line must end with HTTP/1.1"));
    }
    if text.len() < 8 { Ok(None) } else { Err(HeadError::Version) }
}

/// The usual methods need no copy.
fn shared(method: &[u8]) -> Bytes {
    let usual: &'static [u8] = match method {
        b"GET" => b"GET",
        b"HEAD" => b"HEAD",
        b"POST" => b"POST",
        b"PUT" => b"PUT",
        b"PATCH" => b"PATCH",
        b"DELETE" => b"DELETE",
        b"OPTIONS" => b"OPTIONS",
        other => return Bytes::copy_from_slice(other),
    };
    Bytes::from_static(usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Result<Option<(String, Version, usize)>, HeadError> {
        let line = request_line(text, false)?;
        Ok(line.map(|line| (String::from_utf8(line.method.to_vec()).unwrap(), line.version, line.length)))
    }

    #[test]
    fn a_line_has_three_parts() {
        assert_eq!(read(b"GET / HTTP/1.1\r\n"), Ok(Some(("GET".into(), Version::Http11, 16))));
        assert_eq!(read(b"GET / HTTP/1.0\r\nHost: a"), Ok(Some(("GET".into(), Version::Http10, 16))));
        assert_eq!(read(b"\r\nGET / HTTP/1.1\r\n"), Ok(Some(("GET".into(), Version::Http11, 18))));
        assert_eq!(read(b"\r\n\r\nlock / HTTP/1.1\r\n"), Ok(Some(("lock".into(), Version::Http11, 21))));
        assert_eq!(read(b"M-SEARCH / HTTP/1.1\r\n"), Ok(Some(("M-SEARCH".into(), Version::Http11, 21))));
    }

    #[test]
    fn every_prefix_is_waited_for() {
        let line = b"\r\n\r\nPROPFIND http://a/b%20c?d HTTP/1.1\r\n";
        for end in 0..line.len() {
            assert_eq!(read(&line[..end]), Ok(None), "{end}");
        }
    }

    #[test]
    fn anything_else_is_refused_at_its_first_wrong_byte() {
        let broken: [&[u8]; 27] = [
            b"\r\n\r\n\r",
            b"\n",
            b"\rG",
            b" GET",
            b"\tGET",
            b"GET\t",
            b"GET\r",
            b"GE(",
            b"GET\0",
            b"\x16",
            b"\x80",
            b"\0",
            b"(",
            b"GET /\r",
            b"GET / \r",
            b"GET /  ",
            b"GET / HTTP/1.1 ",
            b"GET / HTTP/1.1\n",
            b"GET / HTTP/1.1\rX",
            b"GET / http",
            b"GET / HTTP/x",
            b"GET / HTTP/1,",
            b"GET / HTTP/1.x",
            b"GET / HTTP/1.10",
            b"GET / HTTP 1",
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"*1\r\n",
        ];
        for text in broken {
            assert!(matches!(read(text), Err(HeadError::Malformed(_))), "{}", text.escape_ascii());
        }
        assert_eq!(read(&[b'A'; 32]), Ok(None));
        assert!(matches!(read(&[b'A'; 33]), Err(HeadError::Malformed(_))));
        for version in ["0.9", "1.2", "2.0", "3.0", "9.9"] {
            assert_eq!(read(format!("GET / HTTP/{version}").as_bytes()), Err(HeadError::Version), "{version}");
        }
        for method in ["CONNECT ", "TRACE ", "trace ", "get ", "Post "] {
            assert_eq!(read(method.as_bytes()), Err(HeadError::Method), "{method}");
        }
        assert_eq!(read(b"GET  "), Err(HeadError::Target));
    }
}
