//! Answers that break off, and answers with more behind their end (RFC 9112 sections 7.1, 8 and 9).

use super::super::answer::{AnswerCase, cut, passed};
use super::super::case::named;

/// Chunked bodies that end too early.
const CUT_CHUNKS: &[&[u8]] = &[
    b"",
    b"2",
    b"2\r\n",
    b"2\r\no",
    b"2\r\nok",
    b"2\r\nok\r\n",
    b"2\r\nok\r\n0",
    b"2\r\nok\r\n0\r\n",
    b"2\r\nok\r\n0\r\n\r",
    b"2\r\nok\r\n0\r\nX: y\r\n",
];

/// Chunked bodies that are none.
const BAD_CHUNKS: &[&[u8]] = &[
    b"ok",
    b"\r\nok\r\n0\r\n\r\n",
    b" 2\r\nok\r\n0\r\n\r\n",
    b"2 \r\nok\r\n0\r\n\r\n",
    b"+2\r\nok\r\n0\r\n\r\n",
    b"-2\r\nok\r\n0\r\n\r\n",
    b"0x2\r\nok\r\n0\r\n\r\n",
    b"2h\r\nok\r\n0\r\n\r\n",
    b"2\nok\r\n0\r\n\r\n",
    b"2\rok\r\n0\r\n\r\n",
    b"2\r\nokX\r\n0\r\n\r\n",
    b"2\r\nok\n0\r\n\r\n",
    b"2\r\nok0\r\n\r\n",
    b"2\r\nok\r\n0\n\r\n",
    b"2\r\nok\r\n0\r\n\n",
    b"2\x00\r\nok\r\n0\r\n\r\n",
    b"2;\nok\r\n0\r\n\r\n",
    b"2;a=\x00\r\nok\r\n0\r\n\r\n",
    b"10000000000000002\r\nok\r\n0\r\n\r\n",
    b"FFFFFFFFFFFFFFFF\r\nok\r\n0\r\n\r\n",
    b"2\r\nok\r\n0\r\nX : y\r\n\r\n",
    b"2\r\nok\r\n0\r\n X: y\r\n\r\n",
    b"2\r\nok\r\n0\r\nX: \x00\r\n\r\n",
    b"2\r\nok\r\n0\r\nX: y\rX-Smuggled: z\r\n\r\n",
    b"2\r\nok\r\n0\r\nX: y\nX-Smuggled: z\r\n\r\n",
];

/// What may stand behind the end of an answer: the beginning of one that nobody asked for.
const BEHIND: &[(&str, &[u8])] = &[
    ("an answer", b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"),
    ("half an answer", b"HTTP/1.1 200 OK\r\nX: "),
    ("an interim answer", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ("an empty line", b"\r\n"),
    ("a byte", b"x"),
    ("a NUL", b"\x00"),
    ("a request", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
];

/// Every case.
pub fn cases() -> Vec<AnswerCase> {
    [broken_off(), behind()].concat()
}

fn chunked(body: &[u8]) -> Vec<u8> {
    [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", body].concat()
}

fn sized(length: u64, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").as_bytes(), body].concat()
}

fn broken_off() -> Vec<AnswerCase> {
    let rule = "9112 §8";
    let chunks = CUT_CHUNKS.iter().map(|body| cut("answer-cut", rule, named(body), chunked(body)).closing());
    let bad = BAD_CHUNKS.iter().map(|body| cut("answer-chunks", "9112 §7.1", named(body), chunked(body)).closing());
    let rows = [
        ("sized, nothing of it", sized(10, b"")),
        ("sized, half of it", sized(10, b"half")),
        ("sized, all but a byte", sized(3, b"ok")),
        ("sized, a megabyte missing", sized(2 << 20, &vec![b'x'; 1 << 20])),
        ("sized, longer than anything", sized(u64::MAX, b"ok")),
    ];
    let sized = rows.into_iter().map(|(name, bytes)| cut("answer-cut", rule, name, bytes).closing());
    let stalls =
        [("sized, and silence", self::sized(10, b"half")), ("chunked, and silence", chunked(b"4\r\nhalf\r\n"))];
    let stalls = stalls.into_iter().map(|(name, bytes)| cut("answer-cut", rule, name, bytes));
    let old = "GET /answer HTTP/1.0\r\n\r\n";
    // Without chunks, only a length or a reset can show that something is missing.
    let for_old = cut("answer-cut", rule, "sized, for HTTP/1.0", self::sized(10, b"half")).asked(old).closing();
    chunks.chain(bad).chain(sized).chain(stalls).chain([for_old]).collect()
}

fn behind() -> Vec<AnswerCase> {
    let rule = "9112 §6.3";
    let whole = |name: String, bytes: Vec<u8>| passed("answer-behind", rule, name, bytes, (200, b"ok")).never_reused();
    let mut cases = Vec::new();
    for (name, more) in BEHIND {
        let (sized, chunked) = (sized(2, b"ok"), chunked(b"2\r\nok\r\n0\r\n\r\n"));
        cases.push(whole(format!("{name}, sized"), [&sized, *more].concat()));
        cases.push(whole(format!("{name}, chunked"), [&chunked, *more].concat()));
        cases.push(whole(format!("{name}, later"), sized).replied(|reply| reply.and(*more)));
    }
    let poison: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
    let empty = passed("answer-behind", rule, "an answer, of no length", [&sized(0, b""), poison].concat(), (200, b""));
    cases.push(empty.never_reused());
    cases
}
