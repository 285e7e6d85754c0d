//! Frames of HTTP/2 (RFC 9113 section 4) and just enough of HPACK (RFC 7541), written as an attacker would.

/// Kinds of frames, RFC 9113 section 6.
pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const PRIORITY: u8 = 2;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

/// Flags, RFC 9113 section 6.
pub const END_STREAM: u8 = 1;
pub const ACK: u8 = 1;
pub const END_HEADERS: u8 = 4;
pub const PADDED: u8 = 8;

/// What a client sends first, RFC 9113 section 3.4.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The largest payload that a peer takes unasked, RFC 9113 section 4.2.
pub const LARGEST: usize = 16_384;

/// Appends a frame.
pub fn frame(out: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes();
    out.extend_from_slice(&length[1..]);
    out.extend_from_slice(&[kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
    out.extend_from_slice(payload);
}

/// Appends a header block as HEADERS and as many CONTINUATION frames as it needs.
pub fn headers(out: &mut Vec<u8>, stream: u32, block: &[u8], ends_stream: bool) {
    let last = block.len().div_ceil(LARGEST).max(1) - 1;
    let mut pieces = block.chunks(LARGEST);
    for number in 0..=last {
        let kind = if number == 0 { HEADERS } else { CONTINUATION };
        let end = if number == last { END_HEADERS } else { 0 };
        let flags = end | if number == 0 && ends_stream { END_STREAM } else { 0 };
        frame(out, kind, flags, stream, pieces.next().unwrap_or_default());
    }
}

/// Appends a setting.
pub fn setting(out: &mut Vec<u8>, name: u16, value: u32) {
    let mut payload = name.to_be_bytes().to_vec();
    payload.extend_from_slice(&value.to_be_bytes());
    frame(out, SETTINGS, 0, 0, &payload);
}

/// The header block of a request, RFC 7541: what the static table has is named by its number there.
pub fn request(method: &str, path: &str) -> Vec<u8> {
    // `:scheme: https` is entry 7.
    let mut block = vec![0x80 | 7];
    literal_named(&mut block, 2, method);
    literal_named(&mut block, 4, path);
    literal_named(&mut block, 1, "localhost");
    block
}

/// Appends a field as a literal that enters no table.
pub fn literal(block: &mut Vec<u8>, name: &str, value: &str) {
    block.push(0);
    string(block, name);
    string(block, value);
}

/// Appends a field as a literal that enters the table, of which it becomes entry 62.
pub fn remembered(block: &mut Vec<u8>, name: &str, value: &str) {
    block.push(0x40);
    string(block, name);
    string(block, value);
}

fn literal_named(block: &mut Vec<u8>, name: u8, value: &str) {
    block.push(name);
    string(block, value);
}

/// A string without Huffman coding, RFC 7541 sections 5.1 and 5.2.
fn string(block: &mut Vec<u8>, text: &str) {
    let mut rest = text.len();
    if rest < 127 {
        block.extend(u8::try_from(rest));
    } else {
        block.push(127);
        rest -= 127;
        while rest >= 128 {
            block.extend(u8::try_from(rest % 128 + 128));
            rest /= 128;
        }
        block.extend(u8::try_from(rest));
    }
    block.extend_from_slice(text.as_bytes());
}
