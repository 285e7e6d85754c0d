//! The marks between the pieces of a chunked body on its way out.

use crate::wire::fields::Fields;

use super::lines_out::write_fields;

/// Appends the line before a chunk of so many bytes. The payload and a CR LF follow; zero is not written, because it
/// would end the body.
pub fn write_chunk_head(out: &mut Vec<u8>, length: usize) {
    debug_assert!(length > 0, "a chunk without payload ends the body");
    let digits = (usize::BITS - length.leading_zeros()).div_ceil(4);
    for place in (0..digits).rev() {
        let digit = u32::try_from(length >> (place * 4) & 0xf).ok().and_then(|digit| char::from_digit(digit, 16));
        out.extend(digit.map(|digit| digit as u8));
    }
    out.extend_from_slice(b"\r\n");
}

/// Appends the end of a chunked body.
pub fn write_last_chunk(out: &mut Vec<u8>, trailers: Option<&Fields>) {
    out.extend_from_slice(b"0\r\n");
    if let Some(trailers) = trailers {
        write_fields(out, trailers);
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_written_in_hexadecimal() {
        for length in [1, 15, 16, 255, 4096, 0x1234_5678, usize::MAX] {
            let mut out = Vec::new();
            write_chunk_head(&mut out, length);
            assert_eq!(out, format!("{length:x}\r\n").into_bytes());
        }
    }

    #[test]
    fn trailers_stand_behind_the_last_chunk() {
        let mut out = Vec::new();
        write_last_chunk(&mut out, None);
        assert_eq!(out, b"0\r\n\r\n");
        let mut trailers = Fields::default();
        trailers.append("grpc-status", "0");
        trailers.append("content-length", "5");
        let mut out = Vec::new();
        write_last_chunk(&mut out, Some(&trailers));
        assert_eq!(out, b"0\r\ngrpc-status: 0\r\n\r\n");
    }
}
