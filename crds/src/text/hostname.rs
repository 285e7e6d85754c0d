//! A host name, exact or with one leading wildcard label, as in the Gateway API.

use std::str::FromStr;

use super::word::{WordError, word};

/// A DNS name in lower case, or `*.` and a DNS name for every name directly or deeper below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hostname {
    text: String,
}

word!(
    Hostname,
    r"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    253,
    "A DNS name in lower case, such as api.shop.example, or a wildcard such as *.shop.example."
);

impl Hostname {
    /// Whether a host, in lower case and without port or final dot, is one of those meant.
    #[must_use]
    pub fn matches(&self, host: &str) -> bool {
        match self.text.strip_prefix('*') {
            Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
            None => host == self.text,
        }
    }

    /// The name as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for Hostname {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let name = text.strip_prefix("*.").unwrap_or(text);
        if text.len() > 253 || !name.split('.').all(is_label) {
            return Err(WordError(format!(
                "\"{text}\" is no host name: write a DNS name in lower case, such as api.shop.example"
            )));
        }
        Ok(Self { text: text.to_owned() })
    }
}

fn is_label(label: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&label.len()) && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_means_names_below_it_only() {
        let wildcard: Hostname = "*.shop.example".parse().unwrap();
        assert!(wildcard.matches("api.shop.example"));
        assert!(!wildcard.matches("shop.example"));
        assert!(!wildcard.matches("evilshop.example"));
        for text in ["", "a..b", "-a", "a-", "A.b", "a b", "*.", "*", "a.*.b", "a/"] {
            assert!(text.parse::<Hostname>().is_err(), "{text}");
        }
    }
}
