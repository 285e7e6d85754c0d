//! Transfer-Encoding: exactly `chunked`, in HTTP/1.1, and never beside Content-Length (RFC 9112 sections 6.1 and 6.3).

use super::super::case::{Case, named, refused, served};

/// A chunked body of five bytes.
const CHUNKS: &[u8] = b"5\r\nhello\r\n0\r\n\r\n";

/// Values that are not exactly `chunked`, whatever a lenient reader makes of them.
const SPELLINGS: &[&[u8]] = &[
    b"",
    b"identity",
    b"gzip",
    b"deflate",
    b"br",
    b"x",
    b"chunk",
    b"chunkedd",
    b"xchunked",
    b"chunked-x",
    b"ch unked",
    b"chun\tked",
    b"chunked,",
    b",chunked",
    b", chunked",
    b"chunked,,",
    b"chunked, chunked",
    b"chunked,chunked",
    b"chunked chunked",
    b"chunked, identity",
    b"identity, chunked",
    b"identity,chunked",
    b"gzip, chunked",
    b"chunked, gzip",
    b"gzip;q=1, chunked",
    b"chunked, x",
    b"x, chunked",
    b"chunked;q=1",
    b"chunked;",
    b"chunked ;foo=bar",
    b"chunked; chunked=chunked",
    b"\"chunked\"",
    b"'chunked'",
    b"`chunked`",
    b"<chunked>",
    b"(chunked)",
    b"chunked (comment)",
    b"=chunked",
    b"chunked=",
    b"chunked:",
    b":chunked",
    b"chunked.",
    b"chunked/1.1",
    b"\\chunked",
    b"%63hunked",
    b"chunke%64",
    b"chunked\x0b",
    b"\x0bchunked",
    b"chunked\x0c",
    b"\x0cchunked",
    b"chunked\x00",
    b"\x00chunked",
    b"chun\x00ked",
    b"chunked\x01",
    b"chunked\x08",
    b"chunked\x1f",
    b"chunked\x7f",
    b"\x1bchunked",
    b"chunked\x80",
    b"\x85chunked",
    b"chunked\x85",
    b"\xa0chunked",
    b"chunked\xa0",
    b"chunked\xff",
    b"\xffchunked",
    b"\xc2\xa0chunked",
    b"chunked\xe2\x80\x8b",
    b"\xef\xbb\xbfchunked",
    b"\xc4\xb1dentity",
    b"chun\xe2\x84\xaaed",
    b"chunked\rfoo",
    b"\rchunked",
    b"chunked\r",
    b"\n chunked",
    b"chunked\nX: y",
    b"\r\n chunked",
    b"\r\n\tchunked",
    b"chunked\r\n ",
    b"chun\r\n ked",
];

/// Values that are exactly `chunked`.
const LEGAL: &[&[u8]] =
    &[b"chunked", b"Chunked", b"CHUNKED", b"cHuNkEd", b"   chunked", b"chunked   ", b"\tchunked\t", b" \t chunked \t "];

/// Names that a lenient reader may take for Transfer-Encoding, and a strict one never.
const NAMES: &[&[u8]] = &[
    b"Transfer-Encoding ",
    b"Transfer-Encoding\t",
    b"Transfer-Encoding\x0b",
    b"Transfer-Encoding\x00",
    b"Transfer-Encoding\xa0",
    b"Transfer-Encoding\x1f",
    b"Transfer-Encoding\x7f",
    b" Transfer-Encoding",
    b"\tTransfer-Encoding",
    b"\x0bTransfer-Encoding",
    b"\x00Transfer-Encoding",
    b"\xffTransfer-Encoding",
    b"Transfer Encoding",
    b"Transfer-\x00Encoding",
    b"\"Transfer-Encoding\"",
    b"(Transfer-Encoding)",
    b"Transfer-Encoding;",
    b"Transfer\\-Encoding",
    b"Transfer-Encoding\r",
    b"Transfer-Encoding\n",
    b"X: y\nTransfer-Encoding",
    b"X: y\rTransfer-Encoding",
    b"Transfer\xe2\x80\x90Encoding",
];

/// Every case.
pub fn cases() -> Vec<Case> {
    [beside_length(), spellings(), names(), elsewhere()].concat()
}

fn post(fields: &[u8], body: &[u8]) -> Vec<u8> {
    [b"POST /te HTTP/1.1\r\nHost: localhost\r\n", fields, b"\r\n\r\n", body].concat()
}

/// Both framings at once: which one the next reader believes is the whole trick.
fn beside_length() -> Vec<Case> {
    let hidden = b"0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n".as_slice();
    let rows: &[(&str, &[u8], &[u8])] = &[
        ("TE, CL of the chunks", b"Transfer-Encoding: chunked\r\nContent-Length: 15", CHUNKS),
        ("CL of the chunks, TE", b"Content-Length: 15\r\nTransfer-Encoding: chunked", CHUNKS),
        ("TE, shorter CL", b"Transfer-Encoding: chunked\r\nContent-Length: 4", CHUNKS),
        ("shorter CL, TE", b"Content-Length: 4\r\nTransfer-Encoding: chunked", CHUNKS),
        ("TE, CL 0", b"Transfer-Encoding: chunked\r\nContent-Length: 0", CHUNKS),
        ("CL 0, TE", b"Content-Length: 0\r\nTransfer-Encoding: chunked", CHUNKS),
        ("CL, TE, hidden request", b"Content-Length: 48\r\nTransfer-Encoding: chunked", hidden),
        ("TE, CL, hidden request", b"Transfer-Encoding: chunked\r\nContent-Length: 48", hidden),
        ("TE, CL 5, hidden request", b"Transfer-Encoding: chunked\r\nContent-Length: 5", hidden),
        ("TE, CL that is none", b"Transfer-Encoding: chunked\r\nContent-Length: x", CHUNKS),
        ("TE, empty CL", b"Transfer-Encoding: chunked\r\nContent-Length:", CHUNKS),
        ("unknown TE, CL", b"Transfer-Encoding: x\r\nContent-Length: 5", b"hello"),
        ("identity TE, CL", b"Transfer-Encoding: identity\r\nContent-Length: 5", b"hello"),
        ("empty TE, CL", b"Transfer-Encoding:\r\nContent-Length: 5", b"hello"),
        ("TE in small letters, CL", b"transfer-encoding: chunked\r\ncontent-length: 15", CHUNKS),
        ("TE in capitals, CL", b"TRANSFER-ENCODING: CHUNKED\r\nCONTENT-LENGTH: 15", CHUNKS),
        ("CL, TE, CL", b"Content-Length: 15\r\nTransfer-Encoding: chunked\r\nContent-Length: 15", CHUNKS),
        ("TE, a field between, CL", b"Transfer-Encoding: chunked\r\nX: y\r\nContent-Length: 15", CHUNKS),
    ];
    let whole =
        |(name, fields, body): &(&str, &[u8], &[u8])| refused("te-beside-cl", "9112 §6.1", *name, post(fields, body));
    let mut cases: Vec<_> = rows.iter().map(whole).collect();
    cases.extend(rows.iter().take(2).map(|row| whole(row).trickled()));
    cases
}

fn spellings() -> Vec<Case> {
    let field = |value: &[u8]| [b"Transfer-Encoding: ", value].concat();
    let bad =
        SPELLINGS.iter().map(|value| refused("te-spelling", "9112 §6.1", named(value), post(&field(value), CHUNKS)));
    let good = LEGAL.iter().map(|value| {
        served("te-spelling", "9112 §7", named(value), post(&field(value), CHUNKS), "POST /te").carrying("hello")
    });
    bad.chain(good).collect()
}

fn names() -> Vec<Case> {
    let bare = |name: &[u8]| post(&[name, b": chunked"].concat(), CHUNKS);
    let beside = |name: &[u8]| post(&[b"Content-Length: 15\r\n", name, b": chunked"].concat(), CHUNKS);
    let alone = NAMES.iter().map(|name| refused("te-name", "9112 §5.1", named(name), bare(name)));
    let with =
        NAMES.iter().map(|name| refused("te-name", "9112 §5.1", format!("{} beside CL", named(name)), beside(name)));
    // A name of its own is a field like any other.
    let other = served("te-name", "9110 §5.1", "[Transfer_Encoding]", beside(b"Transfer_Encoding"), "POST /te");
    alone.chain(with).chain([other.carrying(CHUNKS).or_refused(&[400])]).collect()
}

fn elsewhere() -> Vec<Case> {
    let twice: &[(&str, &[u8])] = &[
        ("chunked twice", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
        ("chunked, then identity", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
        ("identity, then chunked", b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked"),
        ("gzip, then chunked", b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked"),
        ("chunked, then empty", b"Transfer-Encoding: chunked\r\nTransfer-Encoding:"),
        ("empty, then chunked", b"Transfer-Encoding:\r\nTransfer-Encoding: chunked"),
        ("chunked, and a cow", b"Transfer-Encoding: chunked\r\nTransfer-encoding: cow"),
        ("apart", b"Transfer-Encoding: chunked\r\nX: y\r\nTransfer-Encoding: chunked"),
    ];
    let old: &[(&str, &[u8])] = &[
        ("chunked", b"Transfer-Encoding: chunked"),
        ("chunked, keep-alive", b"Connection: keep-alive\r\nTransfer-Encoding: chunked"),
        ("chunked, CL", b"Transfer-Encoding: chunked\r\nContent-Length: 15"),
        ("identity", b"Transfer-Encoding: identity"),
    ];
    let http10 = |fields: &[u8]| [b"POST /te HTTP/1.0\r\nHost: localhost\r\n", fields, b"\r\n\r\n", CHUNKS].concat();
    let odd = post(b"tRANSFER-eNCODING: chunked", CHUNKS);
    let odd = served("te-name", "9110 §5.1", "[tRANSFER-eNCODING]", odd, "POST /te").carrying("hello");
    let twice = twice.iter().map(|(name, fields)| refused("te-twice", "9112 §6.1", *name, post(fields, CHUNKS)));
    let old = old.iter().map(|(name, fields)| refused("te-in-1.0", "9112 §6.1", *name, http10(fields)));
    twice.chain(old).chain([odd]).collect()
}
