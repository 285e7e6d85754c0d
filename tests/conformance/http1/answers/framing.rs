//! Answers whose length has two readings, or none (RFC 9112 section 6.3).

use super::super::answer::{AnswerCase, broken, passed};
use super::super::case::named;

/// Values of Content-Length that are no plain number.
const LENGTHS: &[&[u8]] = &[
    b"",
    b"-1",
    b"-2",
    b"+2",
    b"0x2",
    b"2h",
    b"2.0",
    b"2e0",
    b"2 2",
    b"2,2",
    b"2, 2",
    b"2, 3",
    b"2,",
    b",2",
    b"2;",
    b"\"2\"",
    b"two",
    b"2\x0b",
    b"2\x00",
    b"\xa02",
    b"18446744073709551616",
    b"18446744073709551618",
    b"99999999999999999999999999999999999999",
];

/// Values of Transfer-Encoding other than `chunked`.
const CODINGS: &[&[u8]] = &[
    b"",
    b"identity",
    b"gzip",
    b"x",
    b"xchunked",
    b"chunked, chunked",
    b"chunked, identity",
    b"identity, chunked",
    b"gzip, chunked",
    b"chunked, gzip",
    b"chunked,",
    b",chunked",
    b"chunked;q=1",
    b"\"chunked\"",
    b"chunked\x0b",
    b"\x0bchunked",
    b"chunked\x00",
    b"chun\x00ked",
    b"chunked\xa0",
    b"\xffchunked",
];

/// Whole heads whose framing contradicts itself.
const CONFLICTS: &[(&str, &[u8])] = &[
    ("TE and CL", b"Transfer-Encoding: chunked\r\nContent-Length: 2"),
    ("CL and TE", b"Content-Length: 2\r\nTransfer-Encoding: chunked"),
    ("TE and CL of the chunks", b"Transfer-Encoding: chunked\r\nContent-Length: 12"),
    ("TE and CL 0", b"Transfer-Encoding: chunked\r\nContent-Length: 0"),
    ("unknown TE and CL", b"Transfer-Encoding: x\r\nContent-Length: 12"),
    ("TE twice", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
    ("TE, then another", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
    ("another TE first", b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked"),
    ("CL twice, equal", b"Content-Length: 12\r\nContent-Length: 12"),
    ("CL twice, shorter first", b"Content-Length: 2\r\nContent-Length: 12"),
    ("CL twice, longer first", b"Content-Length: 12\r\nContent-Length: 2"),
    ("CL twice, apart", b"Content-Length: 12\r\nX: y\r\nContent-Length: 12"),
    ("TE with a blank after the name", b"Transfer-Encoding : chunked\r\nContent-Length: 2"),
    ("TE with a NUL in the name", b"Transfer-Encoding\x00: chunked\r\nContent-Length: 2"),
    ("CL with a blank after the name", b"Content-Length : 2"),
    ("CL with a tab after the name", b"Content-Length\t: 2"),
];

/// Twelve bytes that are a chunked body of two.
const CHUNKS: &[u8] = b"2\r\nok\r\n0\r\n\r\n";

/// Every case.
pub fn cases() -> Vec<AnswerCase> {
    let bad = |name: String, fields: Vec<u8>| broken("answer-framing", "9112 §6.3", name, with(&fields, CHUNKS));
    let lengths =
        LENGTHS.iter().map(|value| bad(format!("CL {}", named(value)), [b"Content-Length: ", *value].concat()));
    let codings =
        CODINGS.iter().map(|value| bad(format!("TE {}", named(value)), [b"Transfer-Encoding: ", *value].concat()));
    let conflicts = CONFLICTS.iter().map(|(name, fields)| bad((*name).to_owned(), fields.to_vec()));
    let old = b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
    let old = broken("answer-framing", "9112 §6.1", "TE in HTTP/1.0", old).closing();
    let folded = bad(
        "TE on a folded line".to_owned(),
        b"X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 2\r\nTransfer-Encoding: chunked".to_vec(),
    );
    lengths.chain(codings).chain(conflicts).chain([old, folded]).chain(legal()).collect()
}

fn with(fields: &[u8], body: &[u8]) -> Vec<u8> {
    [b"HTTP/1.1 200 OK\r\n", fields, b"\r\n\r\n", body].concat()
}

fn legal() -> Vec<AnswerCase> {
    let rows: &[(&str, &[u8], &[u8])] = &[
        ("sized", b"Content-Length: 2", b"ok"),
        ("sized, capitals", b"CONTENT-LENGTH:2", b"ok"),
        ("sized, zeros before", b"Content-Length: 002", b"ok"),
        ("chunked", b"Transfer-Encoding: chunked", CHUNKS),
        ("chunked, capitals", b"TRANSFER-ENCODING: \t CHUNKED \t", CHUNKS),
        ("chunked, with extensions", b"Transfer-Encoding: chunked", b"2;a=b\r\nok\r\n0;c=\"d\"\r\n\r\n"),
        ("chunked, with trailers", b"Transfer-Encoding: chunked", b"2\r\nok\r\n0\r\nX-T: y\r\n\r\n"),
        (
            "chunked, with a trailer that frames",
            b"Transfer-Encoding: chunked",
            b"2\r\nok\r\n0\r\nContent-Length: 9\r\n\r\n",
        ),
        (
            "chunked, with a trailer that sets a cookie",
            b"Transfer-Encoding: chunked",
            b"2\r\nok\r\n0\r\nSet-Cookie: a=b\r\n\r\n",
        ),
        ("chunked, byte by byte", b"Transfer-Encoding: chunked", b"1\r\no\r\n1\r\nk\r\n00\r\n\r\n"),
    ];
    let case = |(name, fields, body): &(&str, &[u8], &[u8])| {
        passed("answer-legal", "9112 §6.3", *name, with(fields, body), (200, b"ok"))
    };
    let mut cases: Vec<_> = rows.iter().map(case).collect();
    cases.extend(large());
    cases.push(case(&("until close", b"X: y", b"ok")).closing());
    cases.push(case(&("sized, then closed", b"Content-Length: 2", b"ok")).closing());
    let old = "HTTP/1.0 200 OK\r\n\r\nok";
    cases.push(passed("answer-legal", "9112 §9.3", "HTTP/1.0 until close", old, (200, b"ok")).closing());
    let old = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok";
    cases.push(passed("answer-legal", "9112 §9.3", "HTTP/1.0, sized", old, (200, b"ok")).closing());
    let old = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok";
    cases
        .push(passed("answer-legal", "9112 §9.3", "HTTP/1.0, sized, and not closed", old, (200, b"ok")).never_reused());
    let asks = "GET /answer HTTP/1.0\r\n\r\n";
    cases.push(case(&("chunked, for HTTP/1.0", b"Transfer-Encoding: chunked", CHUNKS)).asked(asks));
    cases.push(case(&("until close, for HTTP/1.0", b"X: y", b"ok")).asked(asks).closing());
    cases
}

/// Bodies in which every byte tells its place, in each framing.
fn large() -> Vec<AnswerCase> {
    let body: Vec<u8> = (0..1_u32 << 18).flat_map(u32::to_le_bytes).collect();
    let tenth = body.get(..100_000).unwrap_or_default();
    let length = format!("Content-Length: {}", body.len());
    let chunked = "Transfer-Encoding: chunked";
    let case = |name: &str, fields: &str, sent: &[u8], body: &[u8]| {
        passed("answer-legal", "9112 §6", name, with(fields.as_bytes(), sent), (200, body))
    };
    vec![
        case("a megabyte, sized", &length, &body, &body),
        case("a megabyte in one chunk", chunked, &in_chunks(&body, body.len()), &body),
        case("a megabyte in chunks of 1,000 bytes", chunked, &in_chunks(&body, 1_000), &body),
        case("100,000 bytes in chunks of 7", chunked, &in_chunks(tenth, 7), tenth),
        case("a megabyte until close", "X: y", &body, &body).closing(),
    ]
}

fn in_chunks(body: &[u8], size: usize) -> Vec<u8> {
    let chunk = |chunk: &[u8]| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat();
    body.chunks(size).flat_map(chunk).chain(*b"0\r\n\r\n").collect()
}
