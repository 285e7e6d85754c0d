//! Heads of answers: status lines, fields, sizes (RFC 9112 sections 4 and 5).

use super::super::answer::{AnswerCase, broken, passed};
use super::super::case::named;

/// First lines that are no status line.
const LINES: &[&[u8]] = &[
    b"HTTP/1.1  200 OK",
    b"HTTP/1.1\t200\tOK",
    b" HTTP/1.1 200 OK",
    b"\tHTTP/1.1 200 OK",
    b"HTTP/1.1 20 OK",
    b"HTTP/1.1 2 OK",
    b"HTTP/1.1 2000 OK",
    b"HTTP/1.1 0200 OK",
    b"HTTP/1.1 2x0 OK",
    b"HTTP/1.1 abc OK",
    b"HTTP/1.1 -200 OK",
    b"HTTP/1.1 +200 OK",
    b"HTTP/1.1 200OK",
    b"HTTP/1.1 OK",
    b"HTTP/1.1",
    b"HTTP/1.1 ",
    b"HTTP/1.1 000 OK",
    b"HTTP/1.1 099 OK",
    b"HTTP/1.1 600 OK",
    b"HTTP/1.1 700 OK",
    b"HTTP/1.1 999 OK",
    b"HTTP/2.0 200 OK",
    b"HTTP/2 200 OK",
    b"HTTP/0.9 200 OK",
    b"HTTP/11 200 OK",
    b"HTTP/1.1.1 200 OK",
    b"HTTP/1.10 200 OK",
    b"http/1.1 200 OK",
    b"HTTPS/1.1 200 OK",
    b"ICY 200 OK",
    b"SIP/2.0 200 OK",
    b"200 OK",
    b"GET / HTTP/1.1",
    b"HTTP/1.1 200 O\x00K",
    b"HTTP/1.1 200 \x01",
    b"HTTP/1.1 200 OK\x7f",
    b"HTTP/1.1 200 OK\rX-Smuggled: y",
    b"HTTP/1.1 200 OK\nX-Smuggled: y",
    b"HTTP/1.1\x00200 OK",
    b"HTTP/1.1 2\xb20 OK",
];

/// Lines that are no field, or hide one.
const FIELDS: &[&[u8]] = &[
    b"X: y\nX-Smuggled: z",
    b"X: y\rX-Smuggled: z",
    b"Location: /a\nX-Smuggled: z",
    b"Location: /a\rX-Smuggled: z",
    b"Set-Cookie: a=b\n\r\nX-Smuggled: z",
    b"X: \x00",
    b"X: y\x00X-Smuggled: z",
    b"X: \x01",
    b"X: y\x08",
    b"X: y\x0b",
    b"X: y\x0c",
    b"X: \x1b[31m",
    b"X: \x7f",
    b"X : y",
    b"X\t: y",
    b"X",
    b"no colon",
    b": y",
    b" : y",
    b"X Y: z",
    b"X\x00: y",
    b"X\x01: y",
    b"X\xff: y",
    b"\xc3\xa9: y",
    b"X(: y",
    b"\"X\": y",
    b"X/Y: z",
    b"X: y\r",
    b"\rX: y",
];

/// Every case.
pub fn cases() -> Vec<AnswerCase> {
    [lines(), fields(), removed(), sizes()].concat()
}

fn with_line(line: &[u8]) -> Vec<u8> {
    [line, b"\r\nContent-Length: 2\r\n\r\nok"].concat()
}

fn with_field(field: &[u8]) -> Vec<u8> {
    [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", field, b"\r\n\r\nok"].concat()
}

fn lines() -> Vec<AnswerCase> {
    let rule = "9112 §4";
    let bad = LINES.iter().map(|line| broken("answer-line", rule, named(line), with_line(line)));
    let good: &[(&[u8], u16)] = &[
        (b"HTTP/1.1 200 ", 200),
        (b"HTTP/1.1 200 O K", 200),
        (b"HTTP/1.1 200 \t", 200),
        (b"HTTP/1.1 200 \xe9t\xe9", 200),
        (b"HTTP/1.1 299 HTTP/1.1 200 OK", 299),
        (b"HTTP/1.1 404 Nope", 404),
        (b"HTTP/1.1 418 ", 418),
    ];
    let good =
        good.iter().map(|(line, status)| passed("answer-line", rule, named(line), with_line(line), (*status, b"ok")));
    // Odd, common, and clear.
    let odd: &[&[u8]] = &[b"HTTP/1.1 200", b"HTTP/1.2 200 OK", b"HTTP/1.0 200 OK", b"\r\nHTTP/1.1 200 OK"];
    let odd =
        odd.iter().map(|line| passed("answer-line", rule, named(line), with_line(line), (200, b"ok")).or_gateway(502));
    bad.chain(good).chain(odd).collect()
}

fn fields() -> Vec<AnswerCase> {
    let rule = "9112 §5";
    let bad = FIELDS.iter().map(|field| broken("answer-field", rule, named(field), with_field(field)));
    let folded: &[&[u8]] = &[b"X: y\r\n folded", b"X: y\r\n\tfolded", b"X:\r\n y"];
    let folded = folded.iter().map(|field| {
        passed("answer-field", "9112 §5.2", named(field), with_field(field), (200, b"ok")).or_gateway(502)
    });
    let only_lf = "HTTP/1.1 200 OK\nContent-Length: 2\n\nok";
    let only_lf = passed("answer-field", "9112 §2.2", "only LF", only_lf, (200, b"ok")).or_gateway(502);
    let good = [
        passed("answer-field", rule, "8-bit", with_field(b"X: caf\xe9 \xff"), (200, b"ok"))
            .having("x", &[b"caf\xe9 \xff"]),
        passed("answer-field", rule, "a tab inside", with_field(b"X: y\tz"), (200, b"ok")).having("x", &[b"y\tz"]),
        passed("answer-field", rule, "blanks around", with_field(b"X: \t y \t"), (200, b"ok")).having("x", &[b"y"]),
        passed("answer-field", rule, "empty", with_field(b"X:"), (200, b"ok")).having("x", &[b""]),
        passed("answer-field", rule, "every byte of a token", with_field(b"!#$%&'*+-.^_`|~: y"), (200, b"ok"))
            .having("!#$%&'*+-.^_`|~", &[b"y"]),
        passed(
            "answer-field",
            "9110 §5.3",
            "repeated, in order",
            with_field(b"Set-Cookie: a=b\r\nX: y\r\nSet-Cookie: c=d"),
            (200, b"ok"),
        )
        .having("set-cookie", &[b"a=b", b"c=d"]),
    ];
    bad.chain(folded).chain([only_lf]).chain(good).collect()
}

/// What speaks of the upstream's connection ends here.
fn removed() -> Vec<AnswerCase> {
    let rows: &[(&str, &[u8], &[&'static str])] = &[
        ("Connection names a field", b"Connection: X-Foo\r\nX-Foo: y", &["x-foo"]),
        (
            "Connection names two, in other letters",
            b"Connection: x-fOO , X-BAR\r\nX-Foo: y\r\nX-Bar: z",
            &["x-foo", "x-bar"],
        ),
        (
            "two Connection fields",
            b"Connection: X-Foo\r\nConnection: X-Bar\r\nX-Foo: y\r\nX-Bar: z",
            &["x-foo", "x-bar"],
        ),
        ("Connection: close", b"Connection: close", &["connection"]),
        ("Keep-Alive", b"Connection: keep-alive\r\nKeep-Alive: timeout=5", &["keep-alive", "connection"]),
        ("Proxy-Connection", b"Proxy-Connection: close", &["proxy-connection"]),
        ("Proxy-Authenticate", b"Proxy-Authenticate: Basic", &["proxy-authenticate"]),
        ("Upgrade", b"Connection: Upgrade\r\nUpgrade: h2c", &["upgrade"]),
        ("TE", b"TE: trailers", &["te"]),
    ];
    let cases = rows.iter().map(|(name, fields, gone)| {
        passed("answer-hop-by-hop", "9110 §7.6.1", *name, with_field(fields), (200, b"ok")).lacking(gone)
    });
    let framing = with_field(b"Connection: Content-Length");
    let framing = passed("answer-hop-by-hop", "9110 §7.6.1", "Connection names Content-Length", framing, (200, b"ok"));
    cases.chain([framing.or_gateway(502)]).collect()
}

fn sizes() -> Vec<AnswerCase> {
    let rule = "6585 §5";
    let many = |count: usize| (0..count).map(|number| format!("\r\nX-{number}: y")).collect::<String>();
    let long = |length: usize| "X: ".to_owned() + &"y".repeat(length);
    let bad = [
        ("a field of a megabyte", with_field(long(1 << 20).as_bytes())),
        ("20,000 fields", with_field(format!("X: y{}", many(20_000)).as_bytes())),
        ("a status line of a megabyte", with_line(("HTTP/1.1 200 ".to_owned() + &"O".repeat(1 << 20)).as_bytes())),
        ("a line that never ends", b"H".repeat(2 << 20)),
    ];
    let bad = bad.map(|(name, bytes)| broken("answer-size", rule, name, bytes));
    let endless = broken("answer-size", rule, "a head that never ends", "HTTP/1.1 200 OK\r\n");
    let endless = endless.replied(|reply| reply.and("X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n".repeat(100_000)));
    let good = [("80 fields", many(80)), ("a field of 15,000 bytes", "\r\n".to_owned() + &long(15_000))];
    let good = good.map(|(name, fields)| {
        passed("answer-size", rule, name, with_field(format!("X-Z: y{fields}").as_bytes()), (200, b"ok"))
    });
    bad.into_iter().chain(good).chain([endless]).collect()
}
