//! The head of an answer, written anew from what was understood.

use crate::wire::head::ResponseHead;

use super::framing::Framing;
use super::lines_out::{write_field, write_fields, write_number};

/// How an answer goes out.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a> {
    /// How its body is framed. With [`Framing::None`] the head's own length is told where the status allows that: what
    /// GET would have got.
    pub framing: Framing,
    /// What becomes of the connection.
    pub persistence: Persistence,
    /// The date, as HTTP writes it, for answers without one.
    pub date: &'a [u8],
    /// Whether it is the 101 that makes the connection a WebSocket.
    pub switches: bool,
}

/// What becomes of the connection after an answer (RFC 9112 section 9.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persistence {
    /// It lasts, and an HTTP/1.0 client asked for that.
    KeepAlive10,
    /// It lasts, as it does in HTTP/1.1.
    Implied,
    /// It ends.
    Close,
}

/// Room for what is written besides the fields.
const ROOM: usize = 160;

/// Appends an answer's head.
pub fn write_response(out: &mut Vec<u8>, head: &ResponseHead, how: Written<'_>) {
    let Written { framing, persistence, date, switches } = how;
    out.reserve(ROOM + head.fields.room());
    write_status(out, head.status);
    let has_date = write_fields(out, &head.fields);
    if !has_date && !switches {
        write_field(out, b"date", date);
    }
    // Interim answers and 204 have no body and do not speak of one (RFC 9110 section 8.6).
    if head.status >= 200 && head.status != 204 {
        match (framing, head.content_length) {
            (Framing::Length(length), _) | (Framing::None, Some(length)) => {
                write_number(out, b"content-length", length);
            }
            (Framing::Chunked, _) => write_field(out, b"transfer-encoding", b"chunked"),
            (Framing::UntilClose, _) | (Framing::None, None) => {}
        }
    }
    out.extend_from_slice(connection(head.status, framing, persistence, switches));
    out.extend_from_slice(b"\r\n");
}

/// Appends an interim answer: neither framing nor date.
pub fn write_hint(out: &mut Vec<u8>, head: &ResponseHead) {
    out.reserve(ROOM + head.fields.room());
    write_status(out, head.status);
    write_fields(out, &head.fields);
    out.extend_from_slice(b"\r\n");
}

fn write_status(out: &mut Vec<u8>, status: u16) {
    if status == 200 {
        out.extend_from_slice(b"HTTP/1.1 200 OK\r\n");
        return;
    }
    let reason = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(itoa::Buffer::new().format(status).as_bytes());
    out.push(b' ');
    out.extend_from_slice(reason.unwrap_or_default().as_bytes());
    out.extend_from_slice(b"\r\n");
}

fn connection(status: u16, framing: Framing, persistence: Persistence, switches: bool) -> &'static [u8] {
    // A body until the close needs one.
    let persistence = if framing == Framing::UntilClose { Persistence::Close } else { persistence };
    match (persistence, status) {
        _ if switches => b"connection: upgrade\r\nupgrade: websocket\r\n",
        // 426 must say what to upgrade to (RFC 9110 section 15.5.22).
        (Persistence::Close, 426) => b"connection: close, upgrade\r\nupgrade: websocket\r\n",
        (_, 426) => b"connection: upgrade\r\nupgrade: websocket\r\n",
        (Persistence::Close, _) => b"connection: close\r\n",
        (Persistence::KeepAlive10, _) => b"connection: keep-alive\r\n",
        (Persistence::Implied, _) => b"",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &[u8] = b"Sun, 06 Nov 1994 08:49:37 GMT";

    fn written(head: &ResponseHead, framing: Framing, persistence: Persistence) -> String {
        let mut out = Vec::new();
        let switches = head.status == 101;
        write_response(&mut out, head, Written { framing, persistence, date: DATE, switches });
        String::from_utf8(out).unwrap()
    }

    fn head(status: u16, content_length: Option<u64>) -> ResponseHead {
        ResponseHead { content_length, ..ResponseHead::new(status) }
    }

    #[test]
    fn an_answer_says_its_date_and_length_once() {
        let text = written(&head(200, Some(5)), Framing::Length(5), Persistence::Implied);
        assert_eq!(text, "HTTP/1.1 200 OK\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\ncontent-length: 5\r\n\r\n");
        let mut dated = head(404, None);
        dated.fields.append("date", "then");
        let text = written(&dated, Framing::Chunked, Persistence::Close);
        assert_eq!(
            text,
            "HTTP/1.1 404 Not Found\r\ndate: then\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
        );
    }

    #[test]
    fn answers_without_body_speak_of_none_but_what_get_would_have_got() {
        let length = |status, content_length, framing| {
            written(&head(status, content_length), framing, Persistence::Implied).contains("content-length: 7\r\n")
        };
        assert!(length(200, Some(7), Framing::None) && length(304, Some(7), Framing::None));
        assert!(!length(204, Some(7), Framing::None) && !length(204, None, Framing::Length(7)));
        assert!(!length(200, None, Framing::None));
        let chunked = written(&head(204, None), Framing::Chunked, Persistence::Implied);
        assert!(!chunked.contains("transfer-encoding"), "{chunked}");
    }

    #[test]
    fn the_connection_says_what_becomes_of_it() {
        let ends = |status, framing, persistence, end: &str| {
            let text = written(&head(status, None), framing, persistence);
            assert!(text.ends_with(&format!("{end}\r\n\r\n")), "{text}");
        };
        ends(200, Framing::Length(1), Persistence::KeepAlive10, "connection: keep-alive");
        ends(200, Framing::UntilClose, Persistence::Implied, "connection: close");
        ends(
            101,
            Framing::None,
            Persistence::Implied,
            "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket",
        );
        ends(426, Framing::None, Persistence::Close, "connection: close, upgrade\r\nupgrade: websocket");
    }

    #[test]
    fn a_hint_is_a_head_only() {
        let mut hint = ResponseHead::new(103);
        hint.fields.append("link", "</a>");
        let mut out = Vec::new();
        write_hint(&mut out, &hint);
        assert_eq!(out, b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n");
        let mut out = Vec::new();
        write_hint(&mut out, &ResponseHead::new(199));
        assert_eq!(out, b"HTTP/1.1 199 \r\n\r\n");
    }
}
