//! Heads of HTTP/1.1 messages, as far as the load generator and the app need them: where they end, and the body's length.

use anyhow::{Context, Result, ensure};

/// A head that has arrived whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Bytes of the head, its empty line included.
    pub length: usize,
    /// Bytes of the body that follows.
    pub body: usize,
    /// Whether the connection ends with this message.
    pub closes: bool,
}

impl Head {
    /// Bytes of the whole message.
    #[must_use]
    pub fn message(&self) -> usize {
        self.length.saturating_add(self.body)
    }
}

/// The head at the beginning of what has arrived; `None` while it is not whole. A body without a length is none.
///
/// # Errors
/// When the body comes in chunks, or its length is no number: nothing here sends that.
pub fn head(arrived: &[u8]) -> Result<Option<Head>> {
    let Some(end) = arrived.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let mut found = Head { length: end + 4, body: 0, closes: false };
    for line in arrived.get(..end).unwrap_or_default().split(|byte| *byte == b'\n').skip(1) {
        if let Some(value) = value(line, b"content-length:") {
            found.body = value.parse().with_context(|| format!("Content-Length is no number: {value}"))?;
        } else if let Some(value) = value(line, b"connection:") {
            found.closes = value.eq_ignore_ascii_case("close");
        }
        ensure!(value(line, b"transfer-encoding:").is_none(), "a body came in chunks, which this bench does not read");
    }
    Ok(Some(found))
}

/// The status in the first line of an answer.
#[must_use]
pub fn status(answer: &[u8]) -> Option<u16> {
    std::str::from_utf8(answer.get(9..12)?).ok()?.parse().ok()
}

/// The target in the first line of a request.
#[must_use]
pub fn target(request: &[u8]) -> Option<&[u8]> {
    request.split(|byte| *byte == b' ').nth(1)
}

/// The value of a line, if it is the field with this name (in lower case, with its colon).
fn value<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a str> {
    let (start, value) = line.split_at_checked(name.len())?;
    if start.eq_ignore_ascii_case(name) { std::str::from_utf8(value).ok().map(str::trim) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_ends_where_its_length_says() {
        let answer = b"HTTP/1.1 200 OK\r\nDate: x\r\ncontent-LENGTH: 12\r\n\r\nhello";
        let found = head(answer).unwrap().unwrap();
        assert_eq!(found, Head { length: 48, body: 12, closes: false });
        assert_eq!((found.message(), status(answer)), (60, Some(200)));
        assert_eq!(head(b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n").unwrap(), None);
    }

    #[test]
    fn a_request_has_a_target_and_may_end_the_connection() {
        let request = b"GET /big HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n";
        assert_eq!(target(request), Some(b"/big".as_slice()));
        assert_eq!(head(request).unwrap().map(|head| (head.body, head.closes)), Some((0, true)));
    }

    #[test]
    fn what_cannot_be_read_is_no_silent_zero() {
        assert!(head(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
        assert!(head(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n").is_err());
        assert_eq!(status(b"HTTP/1.1"), None);
    }
}
