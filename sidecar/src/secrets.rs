//! Secrets that must not reach a log: keys of ours anywhere, and query parameters that are named like secrets.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// What a secret is replaced by.
pub const REDACTED: &str = "[redacted]";
/// What every key of ours starts with.
const PREFIX: &str = "ship_";
/// Letters after the id from which on a text is taken for a key; a whole one has 58.
const TELLING: usize = 16;

/// Whether a text holds what looks like one of our keys, also percent-encoded.
#[must_use]
pub fn holds_key(text: &str) -> bool {
    // Its last letter is the rarest: most texts hold none, and are done with.
    let starts = |text: &str, at: usize| {
        let start = (at + 1).checked_sub(PREFIX.len());
        start.and_then(|start| text.get(start..)).is_some_and(starts_with_key)
    };
    let holds = |text: &str| memchr::memchr_iter(b'_', text.as_bytes()).any(|at| starts(text, at));
    holds(text) || (text.contains('%') && holds(&decoded(text)))
}

/// A query without its secrets; what is left is spelled as it came.
#[must_use]
pub fn redact_query(query: &str) -> Cow<'_, str> {
    if !parameters(query).any(|(name, value)| is_secret(name, value)) {
        return Cow::Borrowed(query);
    }
    let mut redacted = String::with_capacity(query.len());
    for (at, part) in query.split('&').enumerate() {
        if at > 0 {
            redacted.push('&');
        }
        let (name, value) = split(part);
        match () {
            () if holds_key(name) => redacted.push_str(REDACTED),
            () if is_secret(name, value) => redacted.extend([name, "=", REDACTED]),
            () => redacted.push_str(part),
        }
    }
    Cow::Owned(redacted)
}

/// Another text without keys of ours, such as a path or a user agent.
#[must_use]
pub fn redact_text(text: &str) -> Cow<'_, str> {
    if holds_key(text) { Cow::Borrowed(REDACTED) } else { Cow::Borrowed(text) }
}

/// The name and the value of each parameter, still encoded.
pub fn parameters(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').map(split)
}

/// A text with percent-encodings and the query's `+` resolved.
#[must_use]
pub fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let spaced = text.replace('+', " ");
    Cow::Owned(percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
}

fn split(parameter: &str) -> (&str, &str) {
    parameter.split_once('=').unwrap_or((parameter, ""))
}

fn is_secret(name: &str, value: &str) -> bool {
    (!value.is_empty() && is_named_like_a_secret(name)) || holds_key(name) || holds_key(value)
}

/// Judged without case and separators, so that `X-Api-Key`, `api_key` and `apiKey` are alike.
fn is_named_like_a_secret(name: &str) -> bool {
    const ENDINGS: [&str; 3] = ["key", "sig", "pwd"];
    const PARTS: [&str; 7] = ["token", "secret", "password", "passwd", "signature", "credential", "authorization"];
    // Too short for any of them, as most names of parameters are.
    if name.len() < 3 {
        return false;
    }
    if name.len() < 5 && name.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        let end = name.get(name.len() - 3..).unwrap_or_default();
        return ENDINGS.iter().any(|ending| ending.eq_ignore_ascii_case(end));
    }
    let plain: String = decoded(name).chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| plain.ends_with(ending)) || PARTS.iter().any(|part| plain.contains(part))
}

fn starts_with_key(text: &str) -> bool {
    let Some((id, tail)) = text.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_')) else { return false };
    let plain = |byte: &u8| byte.is_ascii_alphanumeric();
    (1..=32).contains(&id.len())
        && id.bytes().all(|byte| plain(&byte))
        && tail.bytes().take_while(plain).take(TELLING).count() == TELLING
}

#[cfg(test)]
mod tests {
    use shipshape_crds::api_keys::KeyText;

    use super::*;

    #[test]
    fn a_key_is_seen_wherever_it_stands() {
        let key = KeyText::new("dev", [3; 32]);
        let key = key.reveal();
        for text in
            [key.to_owned(), format!("/a/{key}/b"), key.replace('_', "%5F"), format!("x{key}"), key[..30].into()]
        {
            assert!(holds_key(&text), "{text}");
            assert!(!redact_text(&text).contains("ship"), "{text}");
        }
        for text in ["", "ship_", "ship_dev_", "friendship_dev", "ship_to_address", "/starship_x/y"] {
            assert!(!holds_key(text), "{text}");
        }
    }

    #[test]
    fn a_query_keeps_all_but_its_secrets() {
        let key = KeyText::new("dev", [3; 32]);
        let query = format!("a=1&api_key={}&b=%20&x=y{}&Access%5FToken=t&empty_key=&c", key.reveal(), key.reveal());
        assert_eq!(
            redact_query(&query),
            "a=1&api_key=[redacted]&b=%20&x=[redacted]&Access%5FToken=[redacted]&empty_key=&c"
        );
        assert_eq!(redact_query("page=2&sort=name"), "page=2&sort=name");
        assert_eq!(redact_query(key.reveal()), REDACTED);
        for name in ["apiKey", "X-API-Key", "client_secret", "password", "sig", "X-Amz-Signature", "jwtToken"] {
            assert!(redact_query(&format!("{name}=v")).ends_with(REDACTED), "{name}");
        }
    }
}
