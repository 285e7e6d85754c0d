//! Line ends and what stands before the first line (RFC 9112 sections 2.2 and 5).

use super::super::case::{Case, named, refused, served};

/// Whole requests in which some line does not end with CR LF, or is none.
const BAD: &[&[u8]] = &[
    b"GET /lines HTTP/1.1\nHost: localhost\n\n",
    b"GET /lines HTTP/1.1\nHost: localhost\r\n\r\n",
    b"GET /lines HTTP/1.1\r\nHost: localhost\n\r\n",
    b"GET /lines HTTP/1.1\r\nHost: localhost\r\n\n",
    b"GET /lines HTTP/1.1\r\nHost: localhost\n\n",
    b"GET /lines HTTP/1.1\r\nX: y\nHost: localhost\r\n\r\n",
    b"GET /lines HTTP/1.1\r\nHost: localhost\r\nX: y\n\r\n",
    b"GET /lines HTTP/1.1\rHost: localhost\r\r",
    b"GET /lines HTTP/1.1\rHost: localhost\r\n\r\n",
    b"GET /lines HTTP/1.1\r\nHost: localhost\r\r\n",
    b"GET /lines HTTP/1.1\r\nHost: localhost\r\r\n\r\n",
    b"GET /lines HTTP/1.1\r\r\nHost: localhost\r\n\r\n",
    b"GET /lines HTTP/1.1\n\rHost: localhost\n\r\n\r",
    b"GET /lines HTTP/1.1\r\nHost: localhost\r\nX: y\rZ: z\r\n\r\n",
    b"GET /lines HTTP/1.1\r\nHost: localhost\r\nX: y\r z\r\n\r\n",
    b"GET /lines HTTP/1.1\r\nHost: localhost\r\nX\r: y\r\n\r\n",
    b"GET /lines HTTP/1.1\r\nHost: localhost\r\nX:\r y\r\n\r\n",
    b"GET /lines HTTP/1.1\r\nHost: localhost\r\n\rX: y\r\n\r\n",
    b"GET /li\rnes HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET\r /lines HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /lines\r HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /lines HTTP/1.1\r\nHost: localhost\x0b\nX: y\r\n\r\n",
    b"GET /lines HTTP/1.1\r\nHost: localhost\x85X: y\n\r\n",
    b"GET /lines HTTP/1.1\x00\r\nHost: localhost\r\n\r\n",
    b"GET /lines HTTP/1.1\r\n\r\nHost: localhost\r\n\r\n",
    b"GET /lines HTTP/1.1\r\n folded\r\nHost: localhost\r\n\r\n",
    b"GET /lines HTTP/1.1\r\n Host: localhost\r\n\r\n",
    b"GET /lines HTTP/1.1\r\n\tHost: localhost\r\n\r\n",
    b"GET /lines HTTP/1.1\r\n\x0bHost: localhost\r\n\r\n",
    b"GET /lines HTTP/1.1\r\nHost: localhost\r\n folded\r\n\r\n",
    b"GET /lines HTTP/1.1\r\nHost: localhost\r\n\tfolded\r\n\r\n",
    b"GET /lines HTTP/1.1\r\nHost: localhost\r\nX: y\r\n folded\r\n\r\n",
    b"GET /lines HTTP/1.1\r\nHost: localhost\r\nX: y\r\n\tfolded\r\n\r\n",
    b"GET /lines HTTP/1.1\r\nHost: localhost\r\nX: y\r\n \r\n\r\n",
    b"GET /lines HTTP/1.1\r\nHost: localhost\r\nX: y\r\n\t\r\n\r\n",
    b"GET /lines HTTP/1.1\r\nHost: localhost\r\nX:\r\n y\r\n\r\n",
    b"GET /lines HTTP/1.1\r\nHost:\r\n localhost\r\n\r\n",
    b"GET /lines HTTP/1.1\r\nHost: localhost\r\n \r\n\r\n",
    b"GET /lines HTTP/1.1\r\nHost: localhost\r\nno colon\r\n\r\n",
    b"GET /lines HTTP/1.1\r\nHost: localhost\r\nnocolon\r\n\r\n",
    b"GET /lines HTTP/1.1\r\nHost: localhost\r\n:\r\n\r\n",
    b"GET /lines HTTP/1.1\r\nHost: localhost\r\nGET /hidden HTTP/1.1\r\n\r\n",
];

/// What may not stand before a request.
const BEFORE: &[&[u8]] = &[
    b"\n",
    b"\n\n",
    b"\r",
    b"\r\r\n",
    b" ",
    b"\t",
    b" \r\n",
    b"\r\n ",
    b"\r\n\n",
    b"\x00",
    b"\x00\r\n",
    b"\x0b",
    b"\xef\xbb\xbf",
    b"\xff",
    b"x\r\n",
    b":\r\n",
    b"\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n",
];

const PLAIN: &[u8] = b"GET /lines HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Every case.
pub fn cases() -> Vec<Case> {
    let bad =
        BAD.iter().map(|bytes| refused("line-end", "9112 §2.2", named(bytes.get(4..).unwrap_or_default()), *bytes));
    let before = BEFORE.iter().map(|start| refused("line-first", "9112 §2.2", named(start), [start, PLAIN].concat()));
    let empty = [b"\r\n".as_slice(), b"\r\n\r\n"]
        .into_iter()
        .map(|start| served("line-first", "9112 §2.2", named(start), [start, PLAIN].concat(), "GET /lines"));
    let one = served("line-first", "9112 §2.2", "an empty line in packets of its own", "\r", "GET /lines");
    let after = b"POST /lines HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello\r\nGET /next HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let after = served("line-first", "9112 §2.2", "an empty line after a body", after, "POST /lines");
    let trickled = served("line-end", "9112 §2.2", "plain", PLAIN, "GET /lines").trickled();
    let bare = refused("line-end", "9112 §2.2", "only LF", BAD.first().copied().unwrap_or_default()).trickled();
    let more = [one.send("\n").send(PLAIN), after.carrying("hello").and("GET /next"), trickled, bare];
    bad.chain(before).chain(empty).chain(more).collect()
}
