//! Which host is meant: Host, once and valid, and in agreement with an absolute target (RFC 9112 section 3.2).

use super::super::case::{Case, named, refused, served};

/// Values that name no host.
const HOSTS: &[&[u8]] = &[
    b"",
    b" ",
    b"a b",
    b"a\tb",
    b"a, b",
    b"a,b",
    b"localhost, localhost",
    b"localhost localhost",
    b"a;b",
    b"a/b",
    b"/",
    b"a\\b",
    b"a?b",
    b"a#b",
    b"u@a",
    b"u:p@a",
    b"@a",
    b"http://a",
    b"//a",
    b"a:",
    b"a:x",
    b"a:-1",
    b"a:+80",
    b"a:80x",
    b"a:80:80",
    b"a:65536",
    b"a:99999999999999999999",
    b"a: 80",
    b"a :80",
    b":80",
    b":",
    b"[",
    b"[]",
    b"[::1",
    b"::1",
    b"[::1]x",
    b"[::1]:x",
    b"[x]",
    b"[::1%25eth0]",
    b"<a>",
    b"\"a\"",
    b"a\"b",
    b"a|b",
    b"a^b",
    b"a`b",
    b"a{b}",
    b"a\x00",
    b"a\x00.evil",
    b"\x01a",
    b"a\x7f",
    b"a\xff",
    b"\xc3\xa9",
    b"a\xef\xbc\x8fb",
    b"a\r\n b",
    b"a%",
    b"a%zz",
    b"a%00b",
    b"a%2fb",
    b"a%0d%0aX:%20y",
];

/// Values that name one.
const LEGAL: &[&str] = &[
    "localhost",
    "LOCALHOST",
    "localhost:80",
    "localhost:65535",
    "a.example",
    "a.example.",
    "a-b.example",
    "a_b.example",
    "127.0.0.1",
    "127.0.0.1:8080",
    "[::1]",
    "[::1]:8080",
    "[2001:db8::1]",
    "xn--e1afmkfd.example",
];

/// Absolute targets and Hosts that do not agree, or that no reader should see.
const ABSOLUTE: &[(&str, &str)] = &[
    ("http://a/host", "b"),
    ("http://a/host", "a.b"),
    ("http://a/host", "a:81"),
    ("http://a:81/host", "a"),
    ("http://a/host", ""),
    ("http://u@a/host", "a"),
    ("http://u:p@a/host", "a"),
    ("http://b@a/host", "b"),
    ("http:///host", "a"),
    ("http:/host", "a"),
    ("http:host", "a"),
    ("http://", "a"),
    ("http://:80/host", "a"),
    ("http://a:x/host", "a"),
    ("http://a:99999/host", "a"),
    ("http://a b/host", "a"),
    ("http://a\\b/host", "a"),
    ("http://a\\@b/host", "b"),
    ("http://[::1/host", "a"),
    ("http//a/host", "a"),
    ("://a/host", "a"),
    ("ftp://a/host", "a"),
    ("ws://a/host", "a"),
    ("file:///host", "a"),
    ("javascript:host", "a"),
    ("httpx://a/host", "a"),
    ("a:80", "a"),
    ("a", "a"),
    ("host", "a"),
    ("a/host", "a"),
    ("*", "a"),
    ("?host", "a"),
    ("@a/host", "a"),
    ("\\host", "a"),
    (".", "a"),
    ("../host", "a"),
];

/// Every case.
pub fn cases() -> Vec<Case> {
    [spellings(), repeated(), absolute()].concat()
}

fn get(host: &[u8]) -> Vec<u8> {
    [b"GET /host HTTP/1.1\r\nHost: ", host, b"\r\n\r\n"].concat()
}

fn spellings() -> Vec<Case> {
    let bad = HOSTS.iter().map(|host| {
        // A colon without a port after it is legal, and left out.
        let lenient = *host == b"a:";
        let case = refused("host", "9112 §3.2", named(host), get(host)).may_keep();
        if lenient {
            served("host", "3986 §3.2.3", named(host), get(host), "GET /host").having("host", "a")
        } else {
            case
        }
    });
    let good = LEGAL.iter().map(|host| {
        let reached = host.to_ascii_lowercase();
        served("host", "9112 §3.2", named(host.as_bytes()), get(host.as_bytes()), "GET /host").having("host", reached)
    });
    let encoded = served("host", "3986 §3.2.2", "[%61.example]", get(b"%61.example"), "GET /host").or_refused(&[400]);
    bad.chain(good).chain([encoded]).collect()
}

fn repeated() -> Vec<Case> {
    let request = |fields: &str| format!("GET /host HTTP/1.1\r\n{fields}\r\n\r\n");
    let rows: &[(&str, &str)] = &[
        ("twice", "Host: a\r\nHost: a"),
        ("two of them", "Host: a\r\nHost: b"),
        ("in other letters", "Host: a\r\nhost: b"),
        ("apart", "Host: a\r\nX: y\r\nHost: b"),
        ("and empty", "Host: a\r\nHost:"),
        ("empty, and one", "Host:\r\nHost: a"),
        ("three times", "Host: a\r\nHost: a\r\nHost: a"),
        ("a blank after the name", "Host : a"),
        ("beside one with a blank after the name", "Host: a\r\nHost : b"),
        ("beside one with a tab after the name", "Host: a\r\nHost\t: b"),
        ("beside a folded one", "Host: a\r\n Host: b"),
        ("beside one with a NUL", "Host: a\r\nHost\0: b"),
        ("beside one after a bare LF", "Host: a\r\nX: y\nHost: b"),
        ("beside one after a bare CR", "Host: a\r\nX: y\rHost: b"),
    ];
    let twice = rows.iter().map(|(name, fields)| refused("host-twice", "9112 §3.2", *name, request(fields)));
    let missing =
        [("missing", "X: y"), ("only forwarded", "X-Forwarded-Host: a"), ("only in another name", "X-Host: a")];
    let missing = missing.map(|(name, fields)| refused("host-missing", "9112 §3.2", name, request(fields)).may_keep());
    let target = "GET http://a/host HTTP/1.1\r\n\r\n";
    let target = refused("host-missing", "9112 §3.2", "only in the target", target).may_keep();
    twice.chain(missing).chain([target]).collect()
}

fn absolute() -> Vec<Case> {
    let request = |target: &str, host: &str| format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let bad = ABSOLUTE.iter().map(|(target, host)| {
        refused("target", "9112 §3.2.2", format!("[{target}] of [{host}]"), request(target, host))
            .with(&[400, 421])
            .may_keep()
    });
    let rows = [
        ("http://a/host", "a", "/host"),
        ("http://a:80/host", "a:80", "/host"),
        ("HTTP://A/host", "a", "/host"),
        ("https://a/host", "a", "/host"),
        ("http://a/host?x=http://b/", "a", "/host?x=http://b/"),
        ("http://a", "a", "/"),
        ("http://a/", "a", "/"),
        ("http://a?x", "a", "/?x"),
        ("http://[::1]/host", "[::1]", "/host"),
    ];
    let good = rows.map(|(target, host, reached)| {
        let name = format!("[{target}] of [{host}]");
        served("target", "9112 §3.2.2", name, request(target, host), &format!("GET {reached}")).having("host", host)
    });
    let ports =
        served("target", "9110 §4.2.3", "[http://a:80/host] of [a]", request("http://a:80/host", "a"), "GET /host");
    let options = "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n";
    let options = served("target", "9112 §3.2.4", "OPTIONS *", options, "OPTIONS *").or_answered_here();
    let old = "GET http://a/host HTTP/1.0\r\n\r\n";
    let old = served("target", "9112 §3.2.2", "absolute in HTTP/1.0", old, "GET /host").having("host", "a").closing();
    bad.chain(good).chain([ports.or_refused(&[400]), options, old]).collect()
}
