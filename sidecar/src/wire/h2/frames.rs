//! Where the frames of HTTP/2 begin in what a client sends: their heads are looked at in passing, nothing is kept.

/// The client's preface is no frame (RFC 9113 section 3.4).
const PREFACE: usize = 24;
/// A frame's head: length, type, flags, stream (RFC 9113 section 4.1).
const HEAD: usize = 9;

/// The place in the stream of frames.
#[derive(Debug)]
pub(super) struct FrameHeads {
    /// Bytes until the next head.
    skip: usize,
    head: [u8; HEAD],
    held: usize,
}

impl Default for FrameHeads {
    fn default() -> Self {
        Self { skip: PREFACE, head: [0; HEAD], held: 0 }
    }
}

impl FrameHeads {
    /// Looks through what came; `each` gets the type, the flags and the payload's length of every frame.
    pub(super) fn look(&mut self, mut bytes: &[u8], mut each: impl FnMut(u8, u8, u32)) {
        while !bytes.is_empty() {
            if self.skip > 0 {
                let skipped = self.skip.min(bytes.len());
                self.skip -= skipped;
                bytes = bytes.get(skipped..).unwrap_or_default();
                continue;
            }
            let (taken, rest) = bytes.split_at(bytes.len().min(HEAD - self.held));
            if let Some(place) = self.head.get_mut(self.held..self.held + taken.len()) {
                place.copy_from_slice(taken);
            }
            self.held += taken.len();
            bytes = rest;
            if self.held == HEAD {
                let [high, middle, low, kind, flags, ..] = self.head;
                let length = u32::from_be_bytes([0, high, middle, low]);
                (self.held, self.skip) = (0, usize::try_from(length).unwrap_or(usize::MAX));
                each(kind, flags, length);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_seen_however_they_are_cut() {
        let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        bytes.extend_from_slice(&[0, 0, 0, 4, 0, 0, 0, 0, 0]);
        bytes.extend_from_slice(&[0, 0, 3, 1, 5, 0, 0, 0, 1, 7, 7, 7]);
        bytes.extend_from_slice(&[0, 1, 0, 0, 1, 0, 0, 0, 1]);
        bytes.extend_from_slice(&[9; 256]);
        bytes.extend_from_slice(&[0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
        for size in [1, 2, 7, 9, 10, 64, bytes.len()] {
            let (mut heads, mut seen) = (FrameHeads::default(), Vec::new());
            bytes
                .chunks(size)
                .for_each(|piece| heads.look(piece, |kind, flags, length| seen.push((kind, flags, length))));
            assert_eq!(seen, [(4, 0, 0), (1, 5, 3), (0, 1, 256), (6, 0, 8)], "{size}");
        }
    }
}
