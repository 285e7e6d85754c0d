//! What legal requests mean.

use crate::wire::codec::{Framing, HeadLimits, ParsedRequest, parse_request};
use crate::wire::{Upgrade, Version};

use super::samples::LEGAL_REQUESTS;

fn read(text: &str) -> ParsedRequest {
    parse_request(text.as_bytes(), &HeadLimits::default(), false).unwrap().unwrap()
}

fn fields(text: &str) -> Vec<(String, String)> {
    let text_of = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    read(text).head.fields.iter().map(|field| (text_of(field.name), text_of(field.value))).collect()
}

#[test]
fn legal_requests_are_read_and_what_follows_them_is_left() {
    for text in LEGAL_REQUESTS {
        let parsed = read(text);
        assert_eq!(parsed.length, text.len(), "{text:?}");
        for next in ["GET", "\0\0\0", "5\r\nhello", &"x".repeat(20_000)] {
            assert_eq!(read(&format!("{text}{next}")), parsed, "{text:?}");
        }
    }
}

#[test]
fn a_head_is_taken_apart() {
    let ParsedRequest { head, framing, keep_alive, expects_continue, length: _ } = read(LEGAL_REQUESTS[1]);
    assert_eq!((head.method_name(), head.target.raw(), head.target.query()), ("GET", "/a/b?c=d", Some("c=d")));
    assert_eq!((head.authority.as_str(), head.version), ("api.example:8080", Version::Http11));
    assert_eq!((framing, keep_alive, expects_continue, head.upgrade), (Framing::None, true, false, None));
    assert_eq!(head.content_length, Some(0));
    assert_eq!(
        fields(LEGAL_REQUESTS[1]),
        [("accept".into(), "*/*".into()), ("user-agent".into(), "x/1 (y; z)".into())]
    );
}

#[test]
fn fields_of_the_hop_end_here() {
    let hop = "GET / HTTP/1.1\r\nHost: a\r\nConnection: x-named, close\r\nX-Named: 1\r\nTE: trailers\r\nKeep-Alive: x\r\n\
               Proxy-Connection: x\r\nProxy-Authorization: x\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\nExpect: 100-continue\r\n\
               X-Last: 1\r\n\r\n";
    assert_eq!(fields(hop), [("x-last".into(), "1".into())]);
    assert!(!read(hop).keep_alive && !read(hop).expects_continue);
    assert_eq!(read(hop).head.upgrade, None);
}

#[test]
fn a_body_is_announced_by_its_length_or_in_chunks() {
    let sized = read("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n");
    assert_eq!((sized.framing, sized.head.content_length), (Framing::Length(12), Some(12)));
    let chunked = read("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:chunked\r\n\r\n");
    assert_eq!((chunked.framing, chunked.head.content_length), (Framing::Chunked, None));
    assert!(!chunked.head.fields.has("transfer-encoding") && !sized.head.fields.has("content-length"));
}

#[test]
fn a_client_that_waits_is_told_apart() {
    let waits = |line: &str, framing: &str| {
        read(&format!("{line}\r\nHost: a\r\nExpect: 100-continue\r\n{framing}\r\n")).expects_continue
    };
    assert!(
        waits("POST / HTTP/1.1", "Content-Length: 1\r\n") && waits("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n")
    );
    assert!(!waits("POST / HTTP/1.1", "") && !waits("POST / HTTP/1.1", "Content-Length: 0\r\n"));
    assert!(!waits("POST / HTTP/1.0", "Content-Length: 1\r\n"));
}

#[test]
fn a_connection_lasts_as_its_version_says() {
    let lasts = |version: &str, connection: &str| {
        read(&format!("GET / HTTP/{version}\r\nHost: a\r\nConnection: {connection}\r\n\r\n")).keep_alive
    };
    assert!(
        lasts("1.1", "x") && lasts("1.1", "keep-alive") && !lasts("1.1", "close") && !lasts("1.1", "keep-alive, close")
    );
    assert!(!lasts("1.0", "x") && lasts("1.0", "keep-alive") && !lasts("1.0", "close, keep-alive"));
}

#[test]
fn an_absolute_target_names_the_host_and_the_path() {
    let parsed = read("GET http://A.example:80/x?y HTTP/1.1\r\nHost: a.example:80\r\n\r\n");
    assert_eq!((parsed.head.authority.as_str(), parsed.head.target.raw()), ("a.example:80", "/x?y"));
    assert_eq!(read("GET http://a HTTP/1.0\r\n\r\n").head.target.raw(), "/");
    assert_eq!(read("OPTIONS http://a HTTP/1.0\r\n\r\n").head.target.raw(), "*");
    assert_eq!(read("OPTIONS http://a/ HTTP/1.0\r\n\r\n").head.target.raw(), "/");
    let parsed = read("GET http://a?b HTTP/1.0\r\n\r\n");
    assert_eq!((parsed.head.authority.as_str(), parsed.head.target.raw()), ("a", "/?b"));
    assert_eq!(read("GET / HTTP/1.0\r\n\r\n").head.authority, "");
    assert_eq!(read("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").head.target.raw(), "*");
}

#[test]
fn a_websocket_keeps_its_own_fields() {
    let parsed = read(LEGAL_REQUESTS[19]);
    assert_eq!(parsed.head.upgrade, Some(Upgrade::WebSocket));
    assert!(parsed.head.fields.has("sec-websocket-key") && parsed.head.fields.has("sec-websocket-version"));
    assert!(!parsed.head.fields.has("upgrade") && parsed.head.fields.len() == 2);
    let in_old = LEGAL_REQUESTS[19].replace("HTTP/1.1", "HTTP/1.0");
    assert_eq!(read(&in_old).head.upgrade, None);
}
