//! Paths that two readers could understand differently (RFC 3986 sections 3.3 and 6.2.2).

use super::super::case::{Case, named, refused, served};

/// Paths with a second reading.
const BAD: &[&[u8]] = &[
    b"/a%2fb",
    b"/a%2Fb",
    b"/%2f",
    b"/a%2f..%2fb",
    b"/a%5cb",
    b"/a%5Cb",
    b"/a\\b",
    b"\\a",
    b"/a/..\\b",
    b"/a/..%5cb",
    b"/a/../b",
    b"/../a",
    b"/..",
    b"/a/..",
    b"/a/./b",
    b"/.",
    b"/a/.",
    b"/a/%2e%2e/b",
    b"/a/%2E%2E/b",
    b"/a/.%2e/b",
    b"/a/%2e./b",
    b"/a/%2e/b",
    b"/a/..;/b",
    b"/a/..;x=y/b",
    b"/a/.;/b",
    b"/a/%2e%2e;/b",
    b"/a/%252e%252e/b",
    b"/a%252fb",
    b"/a%255cb",
    b"/a%25%32%66b",
    b"/a/%c0%ae%c0%ae/b",
    b"/a%c0%afb",
    b"/a%e0%80%afb",
    b"/a%f0%80%80%afb",
    b"/a%c1%9cb",
    b"/a%00b",
    b"/a%00",
    b"/%00",
    b"/a%0ab",
    b"/a%0d%0aX:%20y",
    b"/a%1fb",
    b"/a%7fb",
    b"/a%",
    b"/a%2",
    b"/a%zz",
    b"/a%2g",
    b"/a%%32%66",
    b"/a%u002fb",
    b"/a%ffb",
    b"/a%ed%a0%80b",
];

/// Targets with a byte that no target may have, in the path and in the query.
const BYTES: &[&[u8]] = &[
    b"/a#b",
    b"/a#",
    b"/#",
    b"#",
    b"/a?b#c",
    b"/a\x00b",
    b"/a\x01b",
    b"/a\x0bb",
    b"/a\x1fb",
    b"/a\x7fb",
    b"/a\x80b",
    b"/a\xffb",
    b"/caf\xc3\xa9",
    b"/a?b\x00c",
    b"/a?b\x01c",
    b"/a?b\x7fc",
    b"/a?b\xffc",
    b"/a?\xc3\xa9",
    b"/a?b\\\x00",
];

/// Paths that are plain, and reach the upstream as they are.
const LEGAL: &[&str] = &[
    "/",
    "/a",
    "/a/",
    "/a/b/c",
    "//a",
    "/a//b",
    "/A/B",
    "/%41",
    "/caf%C3%A9",
    "/caf%c3%a9",
    "/a%20b",
    "/100%25",
    "/a+b",
    "/a;x=y",
    "/a:b@c",
    "/-._~!$&'()*+,;=:@",
    "/a...",
    "/...",
    "/.well-known/x",
    "/a.b/..c",
    "/a?",
    "/a?b",
    "/a?b=c&d=e",
    "/a??b",
    "/a?b/../c",
    "/a?b=%2F%00%zz",
    "/a?b[]=1",
    "/?",
];

/// Bytes that RFC 3986 does not allow, and browsers send: served and refused are both safe.
const ODD: &[&str] =
    &["/a|b", "/a\"b", "/a<b>", "/a^b", "/a`b", "/a{b}", "/a[b]", "/a?b=|", "/a?b={c}", "/a?b=\"", "/a?b=\\"];

/// Every case.
pub fn cases() -> Vec<Case> {
    let get = |target: &[u8]| [b"GET ", target, b" HTTP/1.1\r\nHost: localhost\r\n\r\n"].concat();
    let bad = BAD.iter().map(|path| refused("path", "3986 §6.2.2", named(path), get(path)).may_keep());
    let bytes = BYTES.iter().map(|path| refused("path-byte", "9112 §3.2", named(path), get(path)).may_keep());
    let absolute =
        refused("path", "3986 §6.2.2", "dot segments in an absolute target", get(b"http://localhost/a/../b"));
    let legal = LEGAL
        .iter()
        .map(|path| served("path", "3986 §3.3", named(path.as_bytes()), get(path.as_bytes()), &format!("GET {path}")));
    let odd = ODD.iter().map(|path| {
        served("path", "3986 §3.3", named(path.as_bytes()), get(path.as_bytes()), &format!("GET {path}"))
            .or_refused(&[400])
    });
    bad.chain(bytes).chain([absolute.may_keep()]).chain(legal).chain(odd).collect()
}
