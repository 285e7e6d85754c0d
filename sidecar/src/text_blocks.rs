//! Text looked at eight bytes at a time: it is too short for what the library does by sixteen, and every request has many.

const ONES: u64 = u64::MAX / 255;
const HIGH: u64 = ONES * 0x80;

/// Folds letters to lower case.
#[inline]
pub fn fold(name: &mut [u8]) {
    let (blocks, rest) = name.as_chunks_mut::<8>();
    for block in blocks {
        let word = u64::from_le_bytes(*block);
        let low = word & (ONES * 0x7f);
        let from_a = low + ONES * u64::from(0x80 - b'A');
        let beyond_z = low + ONES * u64::from(0x80 - b'Z' - 1);
        let capitals = from_a & !beyond_z & !word & HIGH;
        *block = (word | (capitals >> 2)).to_le_bytes();
    }
    rest.make_ascii_lowercase();
}

/// Whether a line break or NUL is in there: as a field of a message it would split it.
#[must_use]
pub fn may_split(text: &[u8]) -> bool {
    // The carriage return is the highest of them; tabs are among these too.
    any_block(text, |word| below(word, 14), |byte| byte < 14) && memchr::memchr3(b'\r', b'\n', 0, text).is_some()
}

/// Whether it is ASCII in which JSON escapes nothing, and which no terminal obeys.
#[must_use]
pub fn is_plain(text: &[u8]) -> bool {
    let is_odd = |word: u64| {
        let [quote, backslash, delete] = [b'"', b'\\', 0x7f].map(|byte| below(word ^ (ONES * u64::from(byte)), 1));
        below(word, b' ') | quote | backslash | delete | (word & HIGH)
    };
    !any_block(text, is_odd, |byte| is_special(byte) || byte >= 0x80)
}

/// Whether JSON has it escaped, or a terminal would obey it.
#[must_use]
pub fn is_special(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\' || byte == 0x7f
}

/// Marks a word one of whose bytes is below `bound`, which is at most 128. Which one may be told wrongly.
fn below(word: u64, bound: u8) -> u64 {
    word.wrapping_sub(ONES * u64::from(bound)) & !word & HIGH
}

fn any_block(text: &[u8], of_block: impl Fn(u64) -> u64, of_byte: impl Fn(u8) -> bool) -> bool {
    let (blocks, rest) = text.as_chunks::<8>();
    blocks.iter().any(|block| of_block(u64::from_le_bytes(*block)) != 0) || rest.iter().any(|byte| of_byte(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_folded_as_the_library_does() {
        for byte in 0..=255_u8 {
            for length in 1..20 {
                let mut folded = vec![byte; length];
                fold(&mut folded);
                assert_eq!(folded, vec![byte.to_ascii_lowercase(); length], "{byte:#x}");
            }
        }
        let mut name = *b"Strict-Transport-Security@[`{ABZaz";
        fold(&mut name);
        assert_eq!(&name, b"strict-transport-security@[`{abzaz");
    }

    #[test]
    fn every_byte_is_judged_wherever_it_stands() {
        for byte in 0..=u8::MAX {
            for at in 0..17 {
                let mut text = [b'~'; 17];
                text[at] = byte;
                assert_eq!(is_plain(&text), !is_special(byte) && byte < 0x80, "{byte:#x} at {at}");
                assert_eq!(may_split(&text), matches!(byte, b'\r' | b'\n' | 0), "{byte:#x} at {at}");
            }
        }
    }
}
