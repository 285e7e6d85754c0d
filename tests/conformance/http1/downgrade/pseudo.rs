//! Pseudo-fields: method, scheme, authority, path (RFC 9113 sections 8.3.1 and 10.3).

use super::super::case::named;
use super::super::downgrade_case::{DowngradeCase, request};

/// What would end the line of HTTP/1 that it is written on, or split it.
const SPLITS: &[&[u8]] = &[
    b" HTTP/1.1\r\nX-Smuggled: y",
    b" HTTP/1.1\r\nHost: localhost\r\n\r\nGET /hidden HTTP/1.1\r\nX: y",
    b"\r\n",
    b"\r",
    b"\n",
    b"\x00",
    b"\x01",
    b"\x7f",
    b" ",
    b"\t",
    b" x",
];

/// Paths with a second reading, or none.
const PATHS: &[&[u8]] = &[
    b"",
    b"*",
    b"down",
    b"http://localhost/down",
    b"http://evil/down",
    b"?x",
    b"/caf\xc3\xa9",
    b"/\x80",
    b"/\xff",
    b"/down?\xc3\xa9",
    b"/down?\xff",
    b"/a\\b",
    b"/a%2fb",
    b"/a%5cb",
    b"/a/../b",
    b"/a/%2e%2e/b",
    b"/a/..;x/b",
    b"/a%00b",
    b"/a%0d%0ab",
    b"/a%252fb",
    b"/a%c0%afb",
    b"/a%",
    b"/a%zz",
];

const METHODS: &[&[u8]] =
    &[b"", b"get", b"Post", b"CONNECT", b"TRACE", b"P,ST", b"P:ST", b"P(ST", b"P\x80ST", b"GET /x"];
const AUTHORITIES: &[&[u8]] = &[
    b"u@localhost",
    b"u:p@localhost",
    b"a b",
    b"a, b",
    b"a/b",
    b"a?b",
    b"a#b",
    b"a\\b",
    b"a:x",
    b"a:99999",
    b"[::1",
    b"a\xff",
    b"http://a",
];
const SCHEMES: &[&[u8]] =
    &[b"", b"http", b"ftp", b"https ", b"https\r\n", b"https://evil/x?", b"javascript", b"h\xfftps"];

/// Every case.
pub fn cases() -> Vec<DowngradeCase> {
    [splits(), values(), fragments(), shape(), legal()].concat()
}

fn refused(name: String, changes: &[(&[u8], &[u8])]) -> DowngradeCase {
    DowngradeCase::refused("h2-pseudo", "9113 §8.3.1", name, request(changes))
}

fn splits() -> Vec<DowngradeCase> {
    let fields: [(&[u8], &[u8]); 4] =
        [(b":method", b"POST"), (b":scheme", b"https"), (b":authority", b"localhost"), (b":path", b"/down")];
    let split = |(field, value): (&[u8], &[u8])| {
        let case = |split: &&[u8]| {
            let value = [value, split].concat();
            let name = format!("{} {}", field.escape_ascii(), named(&value));
            DowngradeCase::refused("h2-split", "9113 §10.3", name, request(&[(field, &value)]))
        };
        SPLITS.iter().map(case).collect::<Vec<_>>()
    };
    fields.into_iter().flat_map(split).collect()
}

fn values() -> Vec<DowngradeCase> {
    let of = |field: &'static [u8], values: &'static [&'static [u8]]| {
        values.iter().map(move |value| refused(format!("{} {}", field.escape_ascii(), named(value)), &[(field, value)]))
    };
    of(b":path", PATHS)
        .chain(of(b":method", METHODS))
        .chain(of(b":authority", AUTHORITIES))
        .chain(of(b":scheme", SCHEMES))
        .collect()
}

/// A path with a fragment is none. The `h2` crate leaves fragments out before anybody can see them: what is judged and
/// what reaches the upstream is the same path without one.
fn fragments() -> Vec<DowngradeCase> {
    let served = [("/down#x", "POST /down"), ("/down?x#y", "POST /down?x"), ("#", "POST /")];
    let case = |(path, asks): (&str, &str)| {
        let request = request(&[(b":path", path.as_bytes())]);
        DowngradeCase::served("h2-pseudo", "9113 §8.3.1", format!(":path [{path}]"), request, asks).or_refused()
    };
    served.into_iter().map(case).collect()
}

/// Missing, doubled, unknown, late; and a host beside the authority.
fn shape() -> Vec<DowngradeCase> {
    let case = |name: &str, request| DowngradeCase::refused("h2-pseudo", "9113 §8.3", name, request);
    let all = || request(&[]);
    vec![
        case("no :method", all().without(b":method")),
        case("no :scheme", all().without(b":scheme")),
        case("no :path", all().without(b":path")),
        case("no :authority and no Host", all().without(b":authority")),
        case(":method twice", all().and(b":method", b"GET")),
        case(":path twice", all().and(b":path", b"/hidden")),
        case(":authority twice", all().and(b":authority", b"evil")),
        case(":scheme twice", all().and(b":scheme", b"https")),
        case(":status", all().and(b":status", b"200")),
        case("an unknown one", all().and(b":x", b"y")),
        case(":protocol without CONNECT", all().and(b":protocol", b"websocket")),
        case("late", all().without(b":path").and(b"x", b"y").and(b":path", b"/down")),
        case("in other letters", all().without(b":path").and(b":Path", b"/down")),
        case("another Host", all().and(b"host", b"evil")),
        case("two Hosts", all().and(b"host", b"localhost").and(b"host", b"localhost")),
        case("two Hosts, no :authority", all().without(b":authority").and(b"host", b"a").and(b"host", b"b")),
        case("a Host that splits", all().without(b":authority").and(b"host", b"a\r\nX-Smuggled: y")),
        case("an empty Host", all().without(b":authority").and(b"host", b"")),
        case("a list as Host", all().without(b":authority").and(b"host", b"a, b")),
    ]
}

fn legal() -> Vec<DowngradeCase> {
    let case = |name: &str, request, asks: &str| DowngradeCase::served("h2-legal", "9113 §8.3.1", name, request, asks);
    let all = || request(&[]);
    let methods = ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"];
    let methods = methods.map(|method| {
        case(&format!("[{method}]"), request(&[(b":method", method.as_bytes())]), &format!("{method} /down"))
    });
    let paths = ["/", "//a", "/a%20b", "/a;b=c", "/a?b=c&d[]=e", "/a?b=%2F%00", "/caf%C3%A9"];
    let paths =
        paths.map(|path| case(&format!("[{path}]"), request(&[(b":path", path.as_bytes())]), &format!("POST {path}")));
    let others = [
        case("the same Host", all().and(b"host", b"localhost"), "POST /down").having("host", b"localhost"),
        case("Host instead of :authority", all().without(b":authority").and(b"host", b"localhost"), "POST /down")
            .having("host", b"localhost"),
        case("capitals in :authority", request(&[(b":authority", b"LOCALHOST")]), "POST /down")
            .having("host", b"localhost"),
    ];
    methods.into_iter().chain(paths).chain(others).collect()
}
