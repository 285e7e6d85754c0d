//! The key of a WebSocket's handshake and the answer to it, where the two sides speak different versions of HTTP: over
//! HTTP/2 there are none (RFC 8441 section 5.1).

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What every server adds to a key (RFC 6455 section 1.3).
const SUFFIX: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A key for the handshake, made of 16 random bytes.
pub(super) fn key(random: u128) -> String {
    STANDARD.encode(random.to_be_bytes())
}

/// The answer to a key, which proves that the server speaks the protocol.
pub(super) fn accept(key: &[u8]) -> String {
    STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &[key, SUFFIX].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_that_of_the_standard() {
        assert_eq!(accept(b"dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn a_key_is_16_bytes() {
        assert_eq!(key(1), "AAAAAAAAAAAAAAAAAAAAAQ==");
    }
}
