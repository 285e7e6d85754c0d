//! The head of a request for the app, written anew from what was understood.

use crate::wire::head::{RequestHead, Upgrade};

use super::classes::{TOKEN, is, run_of, run_without_control};
use super::framing::Framing;
use super::lines_out::{write_field, write_fields, write_number};

/// Room for what is written besides method, target, host and fields.
const ROOM: usize = 96;

/// Appends a request's head. `host` is what the app reads in Host. [`Framing::UntilClose`] is no framing of a request
/// and says nothing.
pub fn write_request(out: &mut Vec<u8>, head: &RequestHead, host: &str, framing: Framing) {
    let target = head.target.raw();
    out.reserve(ROOM + head.method.len() + target.len() + host.len() + head.fields.room());
    write_method(out, &head.method);
    out.push(b' ');
    write_target(out, target.as_bytes());
    out.extend_from_slice(b" HTTP/1.1\r\n");
    write_field(out, b"host", host.as_bytes());
    write_fields(out, &head.fields);
    match framing {
        Framing::Length(length) => write_number(out, b"content-length", length),
        Framing::Chunked => write_field(out, b"transfer-encoding", b"chunked"),
        // Methods that are expected to have a body say that there is none (RFC 9110 section 8.6).
        Framing::None if matches!(&*head.method, b"POST" | b"PUT" | b"PATCH") => {
            write_number(out, b"content-length", 0);
        }
        Framing::None | Framing::UntilClose => {}
    }
    if let Some(Upgrade::WebSocket) = head.upgrade {
        out.extend_from_slice(b"connection: upgrade\r\nupgrade: websocket\r\n");
    }
    out.extend_from_slice(b"\r\n");
}

fn write_method(out: &mut Vec<u8>, method: &[u8]) {
    let is_token = run_of(method, TOKEN) == method.len();
    debug_assert!(is_token, "the method {} is no token", method.escape_ascii());
    if is_token {
        out.extend_from_slice(method);
    } else {
        out.extend(method.iter().filter(|byte| is(**byte, TOKEN)));
    }
}

/// A blank or a line break in a target would end it early; there it is encoded.
fn write_target(out: &mut Vec<u8>, target: &[u8]) {
    if run_without_control(target) == target.len() && memchr::memchr(b' ', target).is_none() {
        out.extend_from_slice(target);
        return;
    }
    for &byte in target {
        if byte.is_ascii_graphic() || !byte.is_ascii() {
            out.push(byte);
        } else {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use crate::wire::fields::Fields;
    use crate::wire::head::{Target, Version};

    use super::*;

    fn written(method: &'static str, target: &str, framing: Framing, upgrade: Option<Upgrade>) -> String {
        let mut fields = Fields::default();
        fields.append("accept", "a");
        let head = RequestHead {
            method: Bytes::from_static(method.as_bytes()),
            target: Target::new(target),
            authority: "api.example".into(),
            version: Version::Http2,
            fields,
            content_length: None,
            upgrade,
        };
        let mut out = Vec::new();
        write_request(&mut out, &head, "app:8080", framing);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_body_is_announced_in_one_way() {
        let start = "GET /a?b HTTP/1.1\r\nhost: app:8080\r\naccept: a\r\n";
        assert_eq!(written("GET", "/a?b", Framing::None, None), format!("{start}\r\n"));
        assert_eq!(written("GET", "/a?b", Framing::Length(5), None), format!("{start}content-length: 5\r\n\r\n"));
        let chunked = format!("{start}transfer-encoding: chunked\r\n\r\n");
        assert_eq!(written("GET", "/a?b", Framing::Chunked, None), chunked);
    }

    #[test]
    fn methods_with_bodies_say_that_they_have_none() {
        for (method, says) in [("POST", true), ("PUT", true), ("PATCH", true), ("DELETE", false), ("OPTIONS", false)] {
            assert_eq!(written(method, "/", Framing::None, None).contains("content-length: 0\r\n"), says, "{method}");
        }
    }

    #[test]
    fn an_upgrade_is_asked_for_in_two_fields() {
        let text = written("GET", "/", Framing::None, Some(Upgrade::WebSocket));
        assert!(text.ends_with("accept: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"), "{text}");
    }

    #[test]
    fn no_target_splits_the_line() {
        let text = written("GET", "/a b\r\nx: y", Framing::None, None);
        assert!(text.starts_with("GET /a%20b%0D%0Ax:%20y HTTP/1.1\r\nhost"), "{text}");
    }
}
