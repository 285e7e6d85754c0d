//! Fields of one connection, and upgrades (RFC 9110 sections 7.6, 7.8 and 10.1).

use super::super::case::{Case, named, refused, served};

/// What `Connection` may not name: what frames, routes or tells who calls.
const NAMED: &[&[u8]] = &[
    b"Host",
    b"host",
    b"Content-Length",
    b"content-length",
    b"close, Content-Length",
    b"Content-Length, close",
    b"keep-alive,content-length",
    b"close,, Content-Length",
    b"close ,Content-Length",
    b"close\t,\tContent-Length",
    b"Transfer-Encoding",
    b"transfer-encoding",
    b"close, Transfer-Encoding",
    b"X-Forwarded-For",
    b"close, x-forwarded-for",
    b"X-Forwarded-Host",
    b"X-Forwarded-Proto",
    b"Forwarded",
    b"X-Real-IP",
    b"X-Request-Id",
    b"X-Shipshape-Subject",
    b"close, X-Shipshape-Scopes",
];

/// Every case.
pub fn cases() -> Vec<Case> {
    let named = NAMED.iter().map(|value| {
        let fields = [b"Connection: ", *value, b"\r\nContent-Length: 5"].concat();
        refused("connection", "9110 §7.6.1", named(value), post(&fields))
    });
    let chunked = b"POST /hop HTTP/1.1\r\nHost: localhost\r\nConnection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    let chunked = refused("connection", "9110 §7.6.1", "Transfer-Encoding, which is there", chunked);
    named.chain([chunked]).chain(removed()).chain(expectations()).chain(upgrades()).collect()
}

fn get(fields: &[u8]) -> Vec<u8> {
    [b"GET /hop HTTP/1.1\r\nHost: localhost\r\n", fields, b"\r\n\r\n"].concat()
}

fn post(fields: &[u8]) -> Vec<u8> {
    [b"POST /hop HTTP/1.1\r\nHost: localhost\r\n", fields, b"\r\n\r\nhello"].concat()
}

/// What ends here.
fn removed() -> Vec<Case> {
    let rows: &[(&str, &[u8], &[&'static str])] = &[
        ("Connection names a field", b"Connection: X-Foo\r\nX-Foo: y", &["x-foo"]),
        ("Connection names it in other letters", b"Connection: x-fOO\r\nX-Foo: y", &["x-foo"]),
        ("Connection names two", b"Connection: X-Foo, X-Bar\r\nX-Foo: y\r\nX-Bar: z", &["x-foo", "x-bar"]),
        (
            "two Connection fields",
            b"Connection: X-Foo\r\nX-Foo: y\r\nConnection: X-Bar\r\nX-Bar: z",
            &["x-foo", "x-bar"],
        ),
        ("Connection after the field", b"X-Foo: y\r\nConnection: keep-alive, X-Foo", &["x-foo"]),
        ("empty members", b"Connection: ,, X-Foo ,,\r\nX-Foo: y", &["x-foo"]),
        ("an empty Connection", b"Connection:\r\nX: y", &[]),
        ("a Connection that names nothing there", b"Connection: X-Foo", &[]),
        ("Keep-Alive", b"Keep-Alive: timeout=5", &["keep-alive"]),
        ("Proxy-Connection", b"Proxy-Connection: keep-alive", &["proxy-connection"]),
        ("Proxy-Authorization", b"Proxy-Authorization: Basic eDp5", &["proxy-authorization"]),
        ("TE", b"TE: trailers", &["te"]),
        ("TE and Connection", b"TE: trailers, gzip\r\nConnection: TE", &["te"]),
    ];
    let cases = rows
        .iter()
        .map(|(name, fields, gone)| served("hop-by-hop", "9110 §7.6.1", *name, get(fields), "GET /hop").lacking(gone));
    let close = served("hop-by-hop", "9112 §9.6", "Connection: close", get(b"Connection: close"), "GET /hop").closing();
    let capitals =
        served("hop-by-hop", "9112 §9.6", "Connection: CLOSE", get(b"Connection: CLOSE"), "GET /hop").closing();
    let both = get(b"Connection: keep-alive, close");
    let both = served("hop-by-hop", "9112 §9.6", "Connection: keep-alive, close", both, "GET /hop").closing();
    cases.chain([close, capitals, both]).collect()
}

fn expectations() -> Vec<Case> {
    let unknown: &[&[u8]] =
        &[b"100", b"200-ok", b"x", b"100-continue, x", b"100-continue;q=1", b"100-continued", b"\"100-continue\""];
    let unknown = unknown.iter().map(|value| {
        let bytes = post(&[b"Content-Length: 5\r\nExpect: ", *value].concat());
        refused("expect", "9110 §10.1.1", named(value), bytes).with(&[417]).may_keep()
    });
    let capitals = post(b"Content-Length: 5\r\nExpect: 100-CONTINUE");
    let capitals = served("expect", "9110 §10.1.1", "in capitals", capitals, "POST /hop").carrying("hello");
    let none = served("expect", "9110 §10.1.1", "without a body", get(b"Expect: 100-continue"), "GET /hop")
        .lacking(&["expect"]);
    unknown.chain([capitals.lacking(&["expect"]), none]).collect()
}

fn upgrades() -> Vec<Case> {
    let ignored: &[(&str, &[u8])] = &[
        ("h2c", b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"),
        ("h2c in capitals", b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: H2C\r\nHTTP2-Settings: AAMAAABk"),
        ("h2c, Connection names less", b"Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk"),
        ("h2c, not in Connection", b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk"),
        ("h2", b"Connection: Upgrade\r\nUpgrade: h2"),
        ("TLS", b"Connection: Upgrade\r\nUpgrade: TLS/1.2"),
        ("HTTP/2.0", b"Connection: Upgrade\r\nUpgrade: HTTP/2.0"),
        ("unknown", b"Connection: Upgrade\r\nUpgrade: foo"),
        ("without Upgrade", b"Connection: Upgrade"),
        (
            "websocket, not in Connection",
            b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ),
    ];
    let ignored = ignored.iter().map(|(name, fields)| {
        let case = served("upgrade", "9110 §7.8", *name, get(fields), "GET /hop");
        case.lacking(&["upgrade", "http2-settings"])
    });
    let handshake = |fields: &str| get(format!("Connection: Upgrade\r\nUpgrade: websocket{fields}").as_bytes());
    let (version, key) = ("\r\nSec-WebSocket-Version: 13", "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
    let bad = [
        ("websocket of another version", format!("\r\nSec-WebSocket-Version: 8{key}")),
        ("websocket of no version", key.to_owned()),
        ("websocket of two versions", format!("{version}\r\nSec-WebSocket-Version: 8{key}")),
        ("websocket without a key", version.to_owned()),
        ("websocket with a short key", format!("{version}\r\nSec-WebSocket-Key: dGhl")),
        ("websocket with a key that is none", format!("{version}\r\nSec-WebSocket-Key: !!!!!!!!!!!!!!!!!!!!!!==")),
        ("websocket with two keys", format!("{version}{key}{key}")),
    ];
    let bad = bad
        .map(|(name, fields)| refused("upgrade", "6455 §4.2.1", name, handshake(&fields)).with(&[400, 426]).may_keep());
    ignored.chain(bad).collect()
}
