//! Fields, lengths, bodies and trailers that mean something else in HTTP/1 (RFC 9113 sections 8.1, 8.2 and 10.3).

use super::super::case::named;
use super::super::downgrade_case::{DowngradeCase, request};

/// Names that no field of HTTP/2 has.
const NAMES: &[&[u8]] = &[
    b"",
    b"X",
    b"x Y",
    b"x y",
    b"x ",
    b" x",
    b"x:",
    b"x:y",
    b"x\r\ny",
    b"x\r",
    b"x\n",
    b"x\x00",
    b"x\x01",
    b"x\x7f",
    b"x\x80",
    b"x\xff",
    b"x(",
    b"x/",
    b"x\"",
    b"x\t",
    b"content-length ",
    b"transfer-encoding ",
    b"transfer-encoding:chunked\r\nx",
    b"x: y\r\nx-smuggled",
];

/// Values that would be more than one line, or none, in HTTP/1.
const VALUES: &[&[u8]] = &[
    b"y\r\nX-Smuggled: z",
    b"y\nX-Smuggled: z",
    b"y\rX-Smuggled: z",
    b"y\r\n\r\nGET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"y\r\n",
    b"\r\ny",
    b"y\x00",
    b"\x00",
    b"y\x00z",
    b"y\r",
    b"y\n",
];

/// Fields that speak of a connection.
const OF_CONNECTIONS: &[(&[u8], &[u8])] = &[
    (b"transfer-encoding", b"chunked"),
    (b"transfer-encoding", b"identity"),
    (b"transfer-encoding", b""),
    (b"connection", b"close"),
    (b"connection", b"keep-alive"),
    (b"connection", b"transfer-encoding"),
    (b"connection", b"x"),
    (b"keep-alive", b"timeout=5"),
    (b"proxy-connection", b"keep-alive"),
    (b"upgrade", b"h2c"),
    (b"upgrade", b"websocket"),
    (b"te", b"gzip"),
    (b"te", b"trailers, chunked"),
    (b"te", b"chunked"),
];

/// Lengths that the body of five bytes does not have, or that are none.
const LENGTHS: &[&[u8]] = &[
    b"0",
    b"4",
    b"6",
    b"99",
    b"",
    b"x",
    b"+5",
    b"-5",
    b"0x5",
    b"5,5",
    b"5, 5",
    b"5 5",
    b"5.0",
    b"5\r\n",
    b"5\x00",
    b"5\x0b",
    b"\xa05",
    b"18446744073709551621",
];

/// What a chunked body would look like.
const CHUNKS: &[u8] = b"0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Every case.
pub fn cases() -> Vec<DowngradeCase> {
    [names_and_values(), framing(), trailers(), legal()].concat()
}

fn names_and_values() -> Vec<DowngradeCase> {
    let rule = "9113 §8.2.1";
    let names = NAMES.iter().map(|name| {
        DowngradeCase::refused("h2-field", rule, format!("name {}", named(name)), request(&[(name, b"y")]))
    });
    let values = VALUES.iter().map(|value| {
        DowngradeCase::refused("h2-field", rule, format!("value {}", named(value)), request(&[(b"x", value)]))
    });
    // Told to refuse, but harmless: what reaches the upstream has its blanks cut off by every reader.
    let blanks: [&[u8]; 4] = [b" y", b"y ", b"\ty", b"y\t"];
    let blanks = blanks.map(|value| {
        let name = format!("value {}", named(value));
        DowngradeCase::served("h2-field", rule, name, request(&[(b"x", value)]), "POST /down")
            .having("x", b"y")
            .or_refused()
    });
    names.chain(values).chain(blanks).collect()
}

fn framing() -> Vec<DowngradeCase> {
    let connections = OF_CONNECTIONS.iter().map(|(field, value)| {
        let name = format!("{} {}", field.escape_ascii(), named(value));
        DowngradeCase::refused("h2-connection", "9113 §8.2.2", name, request(&[(field, value)]).carrying(CHUNKS))
    });
    let lengths = LENGTHS.iter().map(|length| {
        let request = request(&[(b"content-length", length)]).carrying("hello");
        DowngradeCase::refused("h2-length", "9113 §8.1.1", named(length), request)
    });
    let of = |name: &str, request| DowngradeCase::refused("h2-length", "9113 §8.1.1", name, request);
    let twice = request(&[(b"content-length", b"5")]).and(b"content-length", b"6").carrying("hello");
    let first = request(&[(b"content-length", b"0")]).and(b"content-length", b"5").carrying("hello");
    let equal = request(&[(b"content-length", b"5")]).and(b"content-length", b"5").carrying("hello");
    let equal = DowngradeCase::served("h2-length", "9113 §8.1.1", "twice, equal", equal, "POST /down");
    let others = [
        of("twice", twice),
        of("twice, nothing first", first),
        of("of no body", request(&[(b"content-length", b"5")])),
        equal.having("content-length", b"5").or_refused(),
    ];
    connections.chain(lengths).chain(others).collect()
}

fn trailers() -> Vec<DowngradeCase> {
    let rule = "9113 §8.1";
    let post = || request(&[]).carrying("hello");
    let bad: &[(&[u8], &[u8])] = &[
        (b"x", b"y\r\nX-Smuggled: z"),
        (b"x", b"\x00"),
        (b"x\r\ny", b"z"),
        (b"X", b"y"),
        (b"connection", b"close"),
        (b"transfer-encoding", b"chunked"),
    ];
    let bad = bad.iter().map(|(name, value)| {
        let text = format!("{} {}", name.escape_ascii(), named(value));
        DowngradeCase::refused("h2-trailer", rule, text, post().trailing(name, value))
    });
    let dropped: &[(&[u8], &[u8])] = &[
        (b"content-length", b"9"),
        (b"host", b"evil"),
        (b"authorization", b"Basic eDp5"),
        (b"x-forwarded-for", b"1.2.3.4"),
        (b"x-shipshape-subject", b"admin"),
    ];
    let dropped = dropped.iter().map(|(name, value)| {
        let text = format!("{} {}", name.escape_ascii(), named(value));
        let case = DowngradeCase::served("h2-trailer", rule, text, post().trailing(name, value), "POST /down");
        case.or_refused().having("host", b"localhost").lacking(&["authorization", "x-shipshape-subject"])
    });
    let legal = DowngradeCase::served(
        "h2-trailer",
        rule,
        "an ordinary one",
        post().trailing(b"x-checksum", b"abc"),
        "POST /down",
    );
    // The h2 crate leaves pseudo-fields out of trailers before anybody can see and refuse them.
    let pseudo = DowngradeCase::served(
        "h2-trailer",
        rule,
        "a pseudo-field",
        post().trailing(b":path", b"/hidden"),
        "POST /down",
    );
    bad.chain(dropped).chain([legal, pseudo.or_refused()]).collect()
}

fn legal() -> Vec<DowngradeCase> {
    let case = |name: &str, request| DowngradeCase::served("h2-legal", "9113 §8.1", name, request, "POST /down");
    vec![
        case("a body without a length", request(&[]).carrying("hello")),
        case("a body with its length", request(&[(b"content-length", b"5")]).carrying("hello"))
            .having("content-length", b"5"),
        case("a body that looks chunked", request(&[]).carrying(CHUNKS)),
        case("a body that looks chunked, with its length", request(&[(b"content-length", b"46")]).carrying(CHUNKS)),
        case("an empty body", request(&[]).carrying("")),
        case("no body", request(&[])),
        case("TE: trailers", request(&[(b"te", b"trailers")])).lacking(&["te"]),
        case("8-bit", request(&[(b"x", b"caf\xc3\xa9 \xff")])).having("x", b"caf\xc3\xa9 \xff"),
        case("a tab inside", request(&[(b"x", b"y\tz")])).having("x", b"y\tz"),
        case("an empty value", request(&[(b"x", b"")])).having("x", b""),
        case("crumbs of a cookie", request(&[(b"cookie", b"a=b")]).and(b"cookie", b"c=d"))
            .having("cookie", b"a=b; c=d"),
        case("Expect", request(&[(b"expect", b"100-continue")]).carrying("hello")).lacking(&["expect"]),
    ]
}
