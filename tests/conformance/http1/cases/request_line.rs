//! The request line: blanks, versions, methods (RFC 9112 section 3, RFC 9110 section 9).

use super::super::case::{Case, named, refused, served};

/// Lines that are no request line.
const LINES: &[&[u8]] = &[
    b"GET  /line HTTP/1.1",
    b"GET /line  HTTP/1.1",
    b"GET\t/line HTTP/1.1",
    b"GET /line\tHTTP/1.1",
    b" GET /line HTTP/1.1",
    b"GET /line HTTP/1.1 ",
    b"GET /line HTTP/1.1\t",
    b"GET /line HTTP/1.1 x",
    b"GET /line x HTTP/1.1",
    b"GET /line /line HTTP/1.1",
    b"GET /li ne HTTP/1.1",
    b"GET /li\tne HTTP/1.1",
    b"GET\x0b/line\x0bHTTP/1.1",
    b"GET\x0c/line\x0cHTTP/1.1",
    b"GET\xa0/line\xa0HTTP/1.1",
    b"GET\x00/line\x00HTTP/1.1",
    b"GET\xc2\xa0/line HTTP/1.1",
    b"GET",
    b"GET ",
    b"GET /line",
    b"GET /line ",
    b"GET  HTTP/1.1",
    b"GET HTTP/1.1",
    b"/line HTTP/1.1",
    b" /line HTTP/1.1",
    b"HTTP/1.1",
    b"HTTP/1.1 200 OK",
    b"GET,/line,HTTP/1.1",
    b"GET:/line HTTP/1.1",
    b"\"GET\" /line HTTP/1.1",
    b"GET \"/line\" HTTP/1.1",
    b"GET </line> HTTP/1.1",
    b"GET /line HTTP/1.1\x00",
    b"\x00GET /line HTTP/1.1",
];

/// Versions that are spelled as one and not served (RFC 9110 section 15.6.6).
const UNSERVED: &[&str] =
    &["HTTP/0.0", "HTTP/0.9", "HTTP/1.2", "HTTP/1.9", "HTTP/2.0", "HTTP/2.1", "HTTP/3.0", "HTTP/9.9"];

/// What is no version at all.
const VERSIONS: &[&[u8]] = &[
    b"HTTP/1",
    b"HTTP/1.",
    b"HTTP/.1",
    b"HTTP/.",
    b"HTTP/",
    b"HTTP",
    b"HTTP/11",
    b"HTTP/01.1",
    b"HTTP/1.01",
    b"HTTP/1.10",
    b"HTTP/11.1",
    b"HTTP/1.1.1",
    b"HTTP/-1.1",
    b"HTTP/+1.1",
    b"HTTP/1,1",
    b"HTTP/1:1",
    b"HTTP/1.x",
    b"HTTP/x.1",
    b"HTTP/1.1x",
    b"HTTP1.1",
    b"HTTP//1.1",
    b"HTTP\\1.1",
    b"HTTP-1.1",
    b"http/1.1",
    b"Http/1.1",
    b"hTTP/1.1",
    b"HTTPS/1.1",
    b"XHTTP/1.1",
    b"HTP/1.1",
    b"FTP/1.1",
    b"RTSP/1.0",
    b"SIP/2.0",
    b"ICY/1.1",
    b"HTTP/\xef\xbc\x91.\xef\xbc\x91",
    b"HTTP/1\x00.1",
    b"HTTP/1.1\xa0",
];

/// Methods that are no token.
const METHODS: &[&[u8]] = &[
    b"G\x00ET", b"G\x01ET", b"GET\x7f", b"G\x80T", b"\xc7ET", b"G(T", b"G)T", b"G,T", b"G/T", b"G:T", b"G;T", b"G<T",
    b"G=T", b"G>T", b"G?T", b"G@T", b"G[T", b"G\\T", b"G]T", b"G{T", b"G}T", b"G\"T",
];

/// Every case.
pub fn cases() -> Vec<Case> {
    [lines(), versions(), methods(), legal()].concat()
}

fn with_line(line: &[u8]) -> Vec<u8> {
    [line, b"\r\nHost: localhost\r\n\r\n"].concat()
}

fn lines() -> Vec<Case> {
    let lines = LINES.iter().map(|line| refused("request-line", "9112 §3", named(line), with_line(line)));
    let old = refused("request-line", "9112 §3", "HTTP/0.9", "GET /line\r\n").with(&[400, 505]);
    let old_lf = refused("request-line", "9112 §3", "HTTP/0.9, LF", "GET /line\n");
    lines.chain([old, old_lf]).collect()
}

fn versions() -> Vec<Case> {
    let with = |version: &[u8]| with_line(&[b"GET /line ", version].concat());
    let unserved = UNSERVED
        .iter()
        .map(|version| refused("version", "9112 §2.3", format!("[{version}]"), with(version.as_bytes())).with(&[505]));
    let none = VERSIONS.iter().map(|version| refused("version", "9112 §2.3", named(version), with(version)));
    // What HTTP/2 and HTTP/3 are called, though never on a line.
    let names = ["HTTP/2", "HTTP/3"].into_iter().map(|version| {
        refused("version", "9112 §2.3", format!("[{version}]"), with(version.as_bytes())).with(&[400, 505])
    });
    unserved.chain(none).chain(names).collect()
}

fn methods() -> Vec<Case> {
    let with = |method: &[u8]| with_line(&[method, b" /line HTTP/1.1"].concat());
    let none = METHODS.iter().map(|method| refused("method", "9110 §9.1", named(method), with(method)));
    // Letters' case matters: who folds it would let a route's rules be walked around.
    let folded = ["get", "Get", "gET", "post", "connect", "trace"].into_iter().map(|method| {
        refused("method", "9110 §9.1", format!("[{method}]"), with(method.as_bytes())).with(&[400, 405, 501]).may_keep()
    });
    let unserved: &[&[u8]] = &[
        b"CONNECT localhost:80 HTTP/1.1",
        b"CONNECT /line HTTP/1.1",
        b"CONNECT localhost HTTP/1.1",
        b"CONNECT http://localhost/ HTTP/1.1",
        b"TRACE / HTTP/1.1",
        b"TRACE /line HTTP/1.1",
        b"TRACE * HTTP/1.1",
    ];
    let unserved = unserved
        .iter()
        .map(|line| refused("method", "9110 §9.3", named(line), with_line(line)).with(&[400, 405, 501]).may_keep());
    let tunnel =
        b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\nGET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let tunnel = refused("method", "9110 §9.3.6", "CONNECT and a hidden request", tunnel).with(&[400, 405, 501]);
    let long = refused("method", "9112 §3", "of 100,000 bytes", with("M".repeat(100_000).as_bytes()));
    none.chain(folded).chain(unserved).chain([tunnel, long.with(&[400, 405, 414, 431, 501])]).collect()
}

fn legal() -> Vec<Case> {
    let methods =
        ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "REPORT", "M-SEARCH", "X!$'*+.^_`|~9"];
    let methods = methods.into_iter().map(|method| {
        let bytes = with_line(format!("{method} /line HTTP/1.1").as_bytes());
        served("method", "9110 §9.1", format!("[{method}]"), bytes, &format!("{method} /line"))
    });
    let head = served("method", "9110 §9.3.2", "[HEAD]", with_line(b"HEAD /line HTTP/1.1"), "HEAD /line");
    methods.chain([head]).collect()
}
