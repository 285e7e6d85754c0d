//! Inputs put together at random from a fixed seed.

use fastrand::Rng;

use super::fragments::{ALIENS, BLANKS, BODIES, ENDS, FIELDS, FRAMING, HOSTS, METHODS, TARGETS, VERSIONS};
use crate::http2::frames::{
    DATA, PING, PREFACE, PRIORITY, RST_STREAM, SETTINGS, WINDOW_UPDATE, frame, headers, literal, request,
};

/// One input.
#[derive(Debug, Clone)]
pub struct Input {
    /// Where it goes.
    pub to: Port,
    /// What is sent.
    pub bytes: Vec<u8>,
    /// Which bit of what TLS sends is turned, if any.
    pub flip: Option<usize>,
}

/// Where an input goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    /// The plain port.
    Plain,
    /// The TLS port, without a handshake.
    RawTls,
    /// HTTP/1 over TLS.
    Tls,
    /// HTTP/2 over TLS.
    Http2,
}

/// So many inputs, the same in every run.
pub fn all(seed: u64, count: usize) -> Vec<Input> {
    let mut rng = Rng::with_seed(seed);
    (0..count).map(|_| any(&mut rng)).collect()
}

fn any(rng: &mut Rng) -> Input {
    let plain = |to, bytes| Input { to, bytes, flip: None };
    match rng.u8(..100) {
        0..75 => plain(Port::Plain, http1(rng)),
        75..80 => plain(Port::RawTls, http1(rng)),
        80..86 => plain(Port::Tls, http1(rng)),
        86..93 => plain(Port::Http2, http2(rng)),
        // Client hello, finished, and the first request: some 2,000 bytes.
        93..97 => Input { to: Port::Tls, bytes: simple(), flip: Some(rng.usize(..2000 * 8)) },
        _ => Input { to: Port::Http2, bytes: frames(), flip: Some(rng.usize(..2000 * 8)) },
    }
}

fn simple() -> Vec<u8> {
    b"GET /flipped HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec()
}

fn http1(rng: &mut Rng) -> Vec<u8> {
    let mut bytes = match rng.u8(..20) {
        0 => ALIENS[rng.usize(..ALIENS.len())].to_vec(),
        1 => (0..rng.usize(..300)).map(|_| rng.u8(..)).collect(),
        2 => oversized(rng),
        _ => assembled(rng),
    };
    if rng.u8(..3) == 0 {
        damage(rng, &mut bytes);
    }
    bytes
}

fn assembled(rng: &mut Rng) -> Vec<u8> {
    let mut text = String::new();
    // Mostly right, so that what is wrong is not always the same first thing.
    let mut pick =
        |parts: &[&str], wrong: u8| parts[if rng.u8(..100) < wrong { rng.usize(..parts.len()) } else { 0 }].to_owned();
    text += &[
        pick(METHODS, 40),
        pick(BLANKS, 10),
        pick(TARGETS, 30),
        pick(BLANKS, 10),
        pick(VERSIONS, 20),
        pick(ENDS, 10),
        pick(HOSTS, 30),
        pick(ENDS, 10),
    ]
    .concat();
    for _ in 0..pick(&["", "x", "xx"], 60).len() {
        text += &[pick(FIELDS, 100), pick(ENDS, 10)].concat();
    }
    for _ in 0..pick(&["", "x", "x", "xx"], 80).len() {
        text += &[pick(FRAMING, 100), pick(ENDS, 10)].concat();
    }
    text += &[pick(ENDS, 10), pick(BODIES, 80)].concat();
    text.into_bytes()
}

fn oversized(rng: &mut Rng) -> Vec<u8> {
    let length = rng.usize(10_000..200_000);
    let long = "a".repeat(length);
    match rng.u8(..5) {
        0 => format!("GET /{long} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        1 => format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {long}\r\n\r\n"),
        2 => format!("GET / HTTP/1.1\r\nHost: localhost\r\n{long}: x\r\n\r\n"),
        3 => format!("{long} / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        _ => format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: y\r\n".repeat(length / 100)),
    }
    .into_bytes()
}

/// Turns bits, and cuts, doubles, inserts bytes.
fn damage(rng: &mut Rng, bytes: &mut Vec<u8>) {
    for _ in 0..rng.usize(1..4) {
        if bytes.is_empty() {
            return;
        }
        let at = rng.usize(..bytes.len());
        match rng.u8(..5) {
            0 | 1 => bytes[at] ^= 1 << rng.u8(..8),
            2 => drop(bytes.remove(at)),
            3 => bytes.insert(at, rng.u8(..)),
            _ => bytes.truncate(at),
        }
    }
}

fn http2(rng: &mut Rng) -> Vec<u8> {
    let mut bytes = frames();
    // The preface itself is left alone most of the time: behind a wrong one nothing is read.
    let from = if rng.u8(..10) == 0 { 0 } else { PREFACE.len() };
    let mut rest = bytes.split_off(from);
    damage(rng, &mut rest);
    bytes.extend(rest);
    bytes
}

/// A little of everything, all of it right.
fn frames() -> Vec<u8> {
    let mut out = PREFACE.to_vec();
    frame(&mut out, SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100]);
    headers(&mut out, 1, &request("GET", "/one"), true);
    frame(&mut out, PRIORITY, 0, 3, &[0, 0, 0, 0, 16]);
    let mut block = request("POST", "/two");
    literal(&mut block, "content-length", "5");
    headers(&mut out, 3, &block, false);
    frame(&mut out, PING, 0, 0, &[1; 8]);
    frame(&mut out, DATA, 1, 3, b"hello");
    frame(&mut out, WINDOW_UPDATE, 0, 0, &1000_u32.to_be_bytes());
    headers(&mut out, 5, &request("GET", "/three"), true);
    frame(&mut out, RST_STREAM, 0, 5, &8_u32.to_be_bytes());
    out
}
