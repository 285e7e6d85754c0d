//! Fields after a chunked body (RFC 9112 section 7.1.2, RFC 9110 section 6.5).

use super::super::case::{Case, named, refused, served};

/// Lines that are no field.
const BAD: &[&[u8]] = &[
    b"X : y",
    b"X\t: y",
    b" X: y",
    b"\tX: y",
    b"X",
    b": y",
    b"X Y: z",
    b"X: y\r\n folded",
    b"X: y\r\n\tfolded",
    b"X: \x00",
    b"X: \x01",
    b"X: \x7f",
    b"X\x00: y",
    b"X: y\rZ: z",
    b"X: y\nZ: z",
    b"X: y\n",
    b"\xffX: y",
    b"X(: y",
    b"GET /hidden HTTP/1.1",
    b"GET http://localhost/hidden HTTP/1.1",
];

/// Fields that would change how the message is framed, routed or believed.
const FORBIDDEN: &[&[u8]] = &[
    b"Content-Length: 99",
    b"Transfer-Encoding: chunked",
    b"Host: evil",
    b"Authorization: Basic eDp5",
    b"X-Forwarded-For: 1.2.3.4",
    b"X-Shipshape-Subject: admin",
    b"Content-Length: 5\r\nTransfer-Encoding: gzip",
];

/// Every case.
pub fn cases() -> Vec<Case> {
    let bad = BAD.iter().map(|line| refused("trailer", "9112 §7.1.2", named(line), post(line)).in_body());
    let forbidden = FORBIDDEN.iter().map(|line| {
        let case = served("trailer", "9110 §6.5.1", named(line), post(line), "POST /trailers").carrying("hello");
        case.lacking(&["content-length", "authorization", "x-shipshape-subject"]).or_refused(&[400]).in_body()
    });
    let legal: &[&[u8]] = &[b"X: y", b"X: y\r\nZ: z", b"x-checksum:abc", b"X:", b"X: \t y \t"];
    let legal = legal
        .iter()
        .map(|line| served("trailer", "9112 §7.1.2", named(line), post(line), "POST /trailers").carrying("hello"));
    bad.chain(forbidden).chain(legal).chain(large()).collect()
}

fn post(trailers: &[u8]) -> Vec<u8> {
    let head = b"POST /trailers HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    [head, b"5\r\nhello\r\n0\r\n".as_slice(), trailers, b"\r\n\r\n"].concat()
}

fn large() -> Vec<Case> {
    let wide = [b"X: ", "y".repeat(100_000).as_bytes()].concat();
    let many = "X: y\r\n".repeat(5_000) + "X: y";
    let rows = [("of 100,000 bytes", wide), ("5,000 of them", many.into_bytes())];
    let case = |(name, lines): (&str, Vec<u8>)| {
        refused("trailer", "6585 §5", name, post(&lines)).in_body().with(&[400, 413, 431])
    };
    rows.into_iter().map(case).collect()
}
