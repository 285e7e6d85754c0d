//! A number of bytes, written as a Kubernetes quantity: `16Ki`, `1Mi`, `100k`, `5M`.

use std::str::FromStr;

use super::word::{WordError, word};

/// A number of bytes as a Kubernetes quantity: a whole number, optionally with `k`, `M`, `G`, `Ki`, `Mi` or `Gi`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByteSize {
    text: String,
    bytes: u64,
}

word!(
    ByteSize,
    "^[0-9]{1,12}(k|M|G|Ki|Mi|Gi)?$",
    16,
    "A number of bytes as a Kubernetes quantity: 16Ki (16384), 1Mi (1048576), 100k (100000), 5M (5000000)."
);

/// Suffixes with their factors; those of two letters first, so that `Ki` is not read as `i` after `K`.
const SUFFIXES: [(&str, u64); 6] =
    [("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("k", 1_000), ("M", 1_000_000), ("G", 1_000_000_000)];

impl ByteSize {
    /// The number of bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// So many kibibytes, written `Ki` or `Mi`.
    #[must_use]
    pub fn from_kib(kib: u64) -> Self {
        let text = if kib > 0 && kib.is_multiple_of(1024) { format!("{}Mi", kib / 1024) } else { format!("{kib}Ki") };
        Self { text, bytes: kib.saturating_mul(1024) }
    }
}

impl FromStr for ByteSize {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let (number, factor) = SUFFIXES
            .iter()
            .find_map(|(suffix, factor)| text.strip_suffix(suffix).map(|number| (number, *factor)))
            .unwrap_or((text, 1));
        let all_digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let bytes = all_digits.then(|| number.parse::<u64>().ok()?.checked_mul(factor)).flatten();
        bytes.map(|bytes| Self { text: text.to_owned(), bytes }).ok_or_else(|| {
            WordError(format!(
                "\"{text}\" is no size: write a whole number of bytes or a quantity such as 16Ki, 1Mi or 100k"
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_quantities() {
        let bytes = |text: &str| text.parse::<ByteSize>().map(|size| size.bytes()).ok();
        assert_eq!(bytes("0"), Some(0));
        assert_eq!(bytes("1048576"), Some(1 << 20));
        assert_eq!(bytes("1Mi"), Some(1 << 20));
        assert_eq!(bytes("100k"), Some(100_000));
        assert_eq!(bytes("16Ki"), Some(16_384));
        for text in ["", "Mi", "1.5Mi", "-1", "1m", "1K", "99999999999999999999", "18446744073709551615Gi", " 1"] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }
}
