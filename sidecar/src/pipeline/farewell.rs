//! The last frame of a WebSocket that the pod's end cuts short (RFC 6455 section 7.4.1).

use tokio::io::ReadBuf;

/// A close frame of the server: 1001, going away. Clients connect anew upon it.
const GOING_AWAY: [u8; 4] = [0x88, 0x02, 0x03, 0xE9];

/// Knows where the frames that the app sends end: between two of them one of ours can be put.
#[derive(Debug, Default)]
pub(super) struct Farewell {
    header: Vec<u8>,
    payload_left: u64,
    is_said: bool,
}

impl Farewell {
    /// The app sent this.
    pub(super) fn watch(&mut self, mut bytes: &[u8]) {
        while let Some((first, rest)) = bytes.split_first() {
            if self.payload_left > 0 {
                let here = usize::try_from(self.payload_left).unwrap_or(usize::MAX).min(bytes.len());
                self.payload_left -= here as u64;
                bytes = bytes.get(here..).unwrap_or_default();
                continue;
            }
            self.header.push(*first);
            bytes = rest;
            if let Some(length) = payload_length(&self.header) {
                self.payload_left = length;
                self.header.clear();
            }
        }
    }

    /// Whether a frame has just ended.
    pub(super) fn may_be_said(&self) -> bool {
        self.header.is_empty() && self.payload_left == 0
    }

    /// Whether it was said: nothing follows.
    pub(super) fn is_said(&self) -> bool {
        self.is_said
    }

    /// Says it, where a frame can stand and there is room.
    pub(super) fn say(&mut self, buffer: &mut ReadBuf<'_>) {
        if self.may_be_said() && buffer.remaining() >= GOING_AWAY.len() {
            buffer.put_slice(&GOING_AWAY);
        }
        self.is_said = true;
    }
}

/// The length of the payload behind a frame's header, once that is whole (RFC 6455 section 5.2).
fn payload_length(header: &[u8]) -> Option<u64> {
    let second = header.get(1)?;
    let is_masked = second & 0x80 != 0;
    let extended = match second & 0x7F {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let whole = 2 + extended + if is_masked { 4 } else { 0 };
    if header.len() < whole {
        return None;
    }
    let number = header.get(2..2 + extended)?;
    Some(match extended {
        0 => u64::from(second & 0x7F),
        _ => number.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a frame can follow these bytes, however they come.
    fn at_boundary(bytes: &[u8]) -> bool {
        let mut at_once = Farewell::default();
        at_once.watch(bytes);
        let mut by_bytes = Farewell::default();
        bytes.iter().for_each(|byte| by_bytes.watch(&[*byte]));
        assert_eq!(at_once.may_be_said(), by_bytes.may_be_said());
        at_once.may_be_said()
    }

    #[test]
    fn it_is_known_where_frames_end() {
        assert!(at_boundary(b""));
        assert!(!at_boundary(&[0x81]));
        assert!(!at_boundary(&[0x81, 2, b'a']));
        assert!(at_boundary(&[0x81, 2, b'a', b'b']));
        assert!(at_boundary(&[0x89, 0]));
        assert!(at_boundary(&[0x81, 1, b'a', 0x89, 0]));
        let mut long = vec![0x82, 126, 1, 0];
        long.extend_from_slice(&[7; 256]);
        assert!(at_boundary(&long));
        assert!(!at_boundary(&long[..200]));
        let mut longer = vec![0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0];
        longer.extend_from_slice(&[7; 65536]);
        assert!(at_boundary(&longer));
    }

    #[test]
    fn it_is_said_between_frames_only() {
        let mut room = [0; 16];
        let mut buffer = ReadBuf::new(&mut room);
        let mut farewell = Farewell::default();
        farewell.watch(&[0x81, 2, b'a']);
        farewell.say(&mut buffer);
        assert!(buffer.filled().is_empty() && farewell.is_said());
        let mut farewell = Farewell::default();
        farewell.say(&mut buffer);
        assert_eq!(buffer.filled(), GOING_AWAY);
    }
}
