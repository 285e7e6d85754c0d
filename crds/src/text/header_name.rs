//! The name of a header field, a token of RFC 9110 section 5.6.2.

use std::str::FromStr;

use super::word::{WordError, word};

/// The name of a header field; letters' case makes no difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderName {
    text: String,
    lower: String,
}

word!(
    HeaderName,
    "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$",
    64,
    "The name of a header field (RFC 9110), such as X-API-Key; letters' case makes no difference."
);

impl HeaderName {
    /// The name in lower case, as it is compared.
    #[must_use]
    pub fn lower(&self) -> &str {
        &self.lower
    }

    /// The name as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for HeaderName {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+.^_`|~-".contains(&byte);
        if text.is_empty() || text.len() > 64 || !text.bytes().all(token) {
            return Err(WordError(format!(
                "\"{text}\" is no header name: write letters, digits and hyphens, such as X-API-Key"
            )));
        }
        Ok(Self { text: text.to_owned(), lower: text.to_ascii_lowercase() })
    }
}
