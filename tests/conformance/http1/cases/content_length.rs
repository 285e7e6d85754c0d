//! Content-Length: digits, once (RFC 9110 section 8.6, RFC 9112 sections 6.2 and 6.3).

use super::super::case::{Case, named, refused, served};

/// Values that are no plain number of bytes.
const SPELLINGS: &[&[u8]] = &[
    b"",
    b"+5",
    b"-5",
    b"-0",
    b"+0",
    b"0x5",
    b"0X5",
    b"5h",
    b"0b101",
    b"0o5",
    b"5.0",
    b"5.",
    b".5",
    b"5e0",
    b"5E0",
    b"1_0",
    b"5_",
    b"5 5",
    b"5\t5",
    b"1 0",
    b"5,5",
    b"5, 5",
    b"5,",
    b",5",
    b"5, 6",
    b"6, 5",
    b"5,5,5",
    b"5;5",
    b"5;q=1",
    b"\"5\"",
    b"'5'",
    b"(5)",
    b"five",
    b"NaN",
    b"Infinity",
    b"5 bytes",
    b"5\x00",
    b"\x005",
    b"5\x0b",
    b"\x0b5",
    b"\x0c5",
    b"5\x1f",
    b"5\x7f",
    b"\xa05",
    b"5\xa0",
    b"\xff5",
    b"\xb9",
    b"\xd9\xa5",
    b"\xef\xbc\x95",
    b"\xe2\x85\xa4",
    b"%35",
    b"=5",
    b":5",
    b"5:",
    b"5\r",
    b"\r5",
    b"\n 5",
    b"\r\n 5",
    b"5\r\n ",
    b"1\r\n 0",
];

/// Numbers that no body can have; wrapped around, some of them are 5.
const HUGE: &[&[u8]] = &[
    b"4294967301",
    b"9223372036854775807",
    b"9223372036854775808",
    b"18446744073709551615",
    b"18446744073709551616",
    b"18446744073709551621",
    b"340282366920938463463374607431768211461",
    b"99999999999999999999999999999999999999999999999999999999999999999999",
];

/// Names that a lenient reader may take for Content-Length.
const NAMES: &[&[u8]] = &[
    b"Content-Length ",
    b"Content-Length\t",
    b"Content-Length\x00",
    b"Content-Length\x0b",
    b"Content-Length\xa0",
    b" Content-Length",
    b"\tContent-Length",
    b"\x00Content-Length",
    b"Content Length",
    b"\"Content-Length\"",
    b"Content-Length\r",
    b"Content-Length\n",
    b"X: y\nContent-Length",
    b"X: y\rContent-Length",
];

/// Every case.
pub fn cases() -> Vec<Case> {
    [spellings(), repeated(), names(), legal()].concat()
}

fn post(fields: &[u8]) -> Vec<u8> {
    [b"POST /cl HTTP/1.1\r\nHost: localhost\r\n", fields, b"\r\n\r\nhello"].concat()
}

fn spellings() -> Vec<Case> {
    let field = |value: &[u8]| post(&[b"Content-Length: ", value].concat());
    let bad = SPELLINGS.iter().map(|value| refused("cl-spelling", "9112 §6.3", named(value), field(value)));
    let huge = HUGE.iter().map(|value| refused("cl-huge", "9110 §8.6", named(value), field(value)).with(&[400, 413]));
    let zeros = "0".repeat(300) + "5";
    let long = refused("cl-huge", "9110 §8.6", "300 zeros and a 5", field(zeros.as_bytes())).with(&[400]);
    bad.chain(huge).chain([long]).collect()
}

fn repeated() -> Vec<Case> {
    let rows: &[(&str, &[u8])] = &[
        ("equal", b"Content-Length: 5\r\nContent-Length: 5"),
        ("shorter first", b"Content-Length: 0\r\nContent-Length: 5"),
        ("longer first", b"Content-Length: 5\r\nContent-Length: 0"),
        ("apart", b"Content-Length: 5\r\nX: y\r\nContent-Length: 5"),
        ("in other letters", b"Content-Length: 5\r\ncontent-length: 5"),
        ("with a zero before", b"Content-Length: 5\r\nContent-Length: 05"),
        ("three times", b"Content-Length: 5\r\nContent-Length: 5\r\nContent-Length: 5"),
        ("and empty", b"Content-Length: 5\r\nContent-Length:"),
        ("and a list", b"Content-Length: 5\r\nContent-Length: 5, 5"),
        ("and none", b"Content-Length: 5\r\nContent-Length: x"),
    ];
    let mut cases: Vec<_> =
        rows.iter().map(|(name, fields)| refused("cl-twice", "9112 §6.3", *name, post(fields))).collect();
    let hidden = b"POST /cl HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nContent-Length: 41\r\n\r\nGET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n";
    cases.push(refused("cl-twice", "9112 §6.3", "a request hidden between", hidden));
    cases
}

fn names() -> Vec<Case> {
    let beside = |name: &[u8]| post(&[b"Content-Length: 5\r\n", name, b": 0"].concat());
    let cases = NAMES.iter().map(|name| refused("cl-name", "9112 §5.1", named(name), post(&[*name, b": 5"].concat())));
    let with =
        NAMES.iter().map(|name| refused("cl-name", "9112 §5.1", format!("{} beside CL", named(name)), beside(name)));
    cases.chain(with).collect()
}

fn legal() -> Vec<Case> {
    let rows: &[(&str, &[u8])] = &[
        ("plain", b"Content-Length: 5"),
        ("small letters", b"content-length: 5"),
        ("capitals", b"CONTENT-LENGTH: 5"),
        ("no blank", b"Content-Length:5"),
        ("blanks around", b"Content-Length:  \t 5 \t"),
        ("a zero before", b"Content-Length: 05"),
        ("some zeros before", b"Content-Length: 0000005"),
    ];
    let legal = |(name, fields): &(&str, &[u8])| {
        served("cl-legal", "9110 §8.6", *name, post(fields), "POST /cl").carrying("hello").having("content-length", "5")
    };
    let mut cases: Vec<_> = rows.iter().map(legal).collect();
    cases.push(legal(&("plain", b"Content-Length: 5")).trickled());
    let empty = b"POST /cl HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
    cases.push(served("cl-legal", "9110 §8.6", "of nothing", empty, "POST /cl"));
    let none = b"POST /cl HTTP/1.1\r\nHost: localhost\r\n\r\n";
    cases.push(served("cl-legal", "9112 §6.3", "left out", none, "POST /cl"));
    cases
}
