//! Classes of bytes (RFC 9110 section 5.6, RFC 3986 section 3) and runs of them, by table and eight at a time.

/// What method and field names consist of (RFC 9110 section 5.6.2).
pub(super) const TOKEN: u8 = 1;
/// What a path consists of besides escapes (RFC 3986 section 3.3).
pub(super) const PATH: u8 = 2;
/// What a query consists of: RFC 3986 section 3.4, and what browsers send there as it is, percent signs too.
pub(super) const QUERY: u8 = 4;

/// What a host in lower case and without port consists of, if it is a name or an address of IPv4.
pub(super) const PLAIN_HOST: u8 = 8;

const HOST_MARKS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789-.";
const TOKEN_MARKS: &[u8] = b"!#$%&'*+-.^_`|~";
const PATH_MARKS: &[u8] = b"-._~!$&'()*+,;=:@/";
const QUERY_MARKS: &[u8] = b"%?[\\]^`{|}";

static CLASSES: [u8; 256] = classes();

/// Whether a byte is of a class.
#[inline]
pub(super) fn is(byte: u8, class: u8) -> bool {
    CLASSES.get(usize::from(byte)).is_some_and(|classes| classes & class != 0)
}

/// How many bytes at the front are of a class.
#[inline]
pub(super) fn run_of(bytes: &[u8], class: u8) -> usize {
    bytes.iter().position(|&byte| !is(byte, class)).unwrap_or(bytes.len())
}

/// Whether it is a name that a field or a method can have.
pub(in crate::wire) fn is_token(name: &[u8]) -> bool {
    !name.is_empty() && run_of(name, TOKEN) == name.len()
}

/// How many bytes at the front can stand in a field's value: blanks, visible and 8-bit ones (RFC 9110 section 5.5).
#[inline]
pub(super) fn run_of_value(bytes: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        at += run_without_control(rest);
        match bytes.get(at) {
            Some(b'\t') => at += 1,
            _ => return at,
        }
    }
}

/// How many bytes at the front are no control characters.
#[inline]
pub(super) fn run_without_control(bytes: &[u8]) -> usize {
    let (blocks, rest) = bytes.as_chunks::<8>();
    for (index, block) in blocks.iter().enumerate() {
        let found = controls(u64::from_le_bytes(*block));
        if found != 0 {
            return index * 8 + (found.trailing_zeros() / 8) as usize;
        }
    }
    blocks.len() * 8 + rest.iter().position(u8::is_ascii_control).unwrap_or(rest.len())
}

/// The highest bit of each of eight bytes that is a control character; above the first such byte there may be more.
#[inline]
fn controls(word: u64) -> u64 {
    let below_blank = word.wrapping_sub(ONES * 0x20) & !word;
    let delete = word ^ (ONES * 0x7f);
    (below_blank | (delete.wrapping_sub(ONES) & !delete)) & (ONES * 0x80)
}

/// One in each of eight bytes.
const ONES: u64 = u64::MAX / 255;

#[expect(clippy::indexing_slicing, reason = "the compiler runs it, and would say so")]
const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        if byte.is_ascii_alphanumeric() {
            table[byte as usize] = TOKEN | PATH | QUERY;
        }
        byte += 1;
    }
    table = marked(table, TOKEN_MARKS, TOKEN);
    table = marked(table, HOST_MARKS, PLAIN_HOST);
    table = marked(table, PATH_MARKS, PATH | QUERY);
    marked(table, QUERY_MARKS, QUERY)
}

#[expect(clippy::indexing_slicing, reason = "the compiler runs it, and would say so")]
const fn marked(mut table: [u8; 256], marks: &[u8], class: u8) -> [u8; 256] {
    let mut at = 0;
    while at < marks.len() {
        table[marks[at] as usize] |= class;
        at += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_those_of_the_standards() {
        for byte in 0..=255_u8 {
            let token = byte.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}".contains(&byte);
            assert_eq!(is(byte, TOKEN), token, "{byte:#x}");
            let path = byte.is_ascii_graphic() && !b"\"#%<>?[\\]^`{|}".contains(&byte);
            assert_eq!(is(byte, PATH), path, "{byte:#x}");
            let query = byte.is_ascii_graphic() && !b"\"#<>".contains(&byte);
            assert_eq!(is(byte, QUERY), query, "{byte:#x}");
        }
    }

    #[test]
    fn a_control_character_is_found_wherever_it_stands() {
        for length in 0..40 {
            for at in 0..length {
                for byte in 0..=255_u8 {
                    let mut text = vec![b' '; length];
                    text[at] = byte;
                    let expected = if byte.is_ascii_control() { at } else { length };
                    assert_eq!(run_without_control(&text), expected, "{byte:#x} at {at} of {length}");
                    let expected = if byte == b'\t' { length } else { expected };
                    assert_eq!(run_of_value(&text), expected, "{byte:#x} at {at} of {length}");
                }
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn eight_at_a_time_finds_what_one_at_a_time_does(text in proptest::collection::vec(0_u8.., 0..64)) {
            let slowly = text.iter().position(u8::is_ascii_control).unwrap_or(text.len());
            proptest::prop_assert_eq!(run_without_control(&text), slowly);
        }
    }
}
