//! A pattern of paths: `/a/b` is one path, `{id}` one segment, `/a/**` the prefix `/a` and all below.

use std::str::FromStr;

use super::word::{WordError, word};

/// A pattern of paths: `/a/b` is one path, `{id}` any one segment, and a final `/**` the prefix and everything below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPattern {
    text: String,
    segments: Vec<Segment>,
}

/// One segment of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// Matches this text.
    Literal(String),
    /// Matches any one segment.
    Any,
    /// Matches this place and everything below; only as the last segment.
    Rest,
}

word!(
    PathPattern,
    r"^/$|^/\*\*$|^(/([^/?#%;\\*{}\s]+|\{[A-Za-z][A-Za-z0-9_]*\}))+(/|/\*\*)?$",
    256,
    "A pattern of paths: /a/b is one path, {id} any one segment, and a final /** the prefix and everything below."
);

impl PathPattern {
    /// The pattern's segments, in order; none for `/`.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for PathPattern {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let bad = |why: &str| WordError(format!("\"{text}\" is no path pattern: {why}"));
        let rest = text.strip_prefix('/').ok_or_else(|| bad("it starts with /"))?;
        if text.len() > 256 {
            return Err(bad("it is longer than 256 bytes"));
        }
        let parts: Vec<&str> = if rest.is_empty() { Vec::new() } else { rest.split('/').collect() };
        let last = parts.len().saturating_sub(1);
        let segments = parts.iter().enumerate().map(|(at, part)| segment(part, at == last).map_err(bad));
        Ok(Self { text: text.to_owned(), segments: segments.collect::<Result<_, _>>()? })
    }
}

/// An empty last part is a trailing slash: kept as a literal, folded away where slashes make no difference.
fn segment(part: &str, is_last: bool) -> Result<Segment, &'static str> {
    match part {
        "**" if is_last => Ok(Segment::Rest),
        "**" => Err("** stands only at the end, as in /a/**"),
        "." | ".." => Err("it has no . or .. segments"),
        "" if !is_last => Err("it has no doubled slashes"),
        _ if part.starts_with('{') && part.ends_with('}') => {
            let name = part.trim_start_matches('{').trim_end_matches('}');
            let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if plain && name.starts_with(|first: char| first.is_ascii_alphabetic()) {
                Ok(Segment::Any)
            } else {
                Err("a segment in braces holds a name, as in {id}")
            }
        }
        _ if part.contains(|c: char| c.is_whitespace() || c.is_control() || "?#%;\\*{}".contains(c)) => {
            Err("write it decoded, without ? # % ; \\ * or spaces, and braces only around a whole segment")
        }
        _ => Ok(Segment::Literal(part.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_literals_segments_and_prefixes() {
        let pattern: PathPattern = "/api/{id}/**".parse().unwrap();
        assert_eq!(pattern.segments(), [Segment::Literal("api".into()), Segment::Any, Segment::Rest]);
        assert!("/".parse::<PathPattern>().unwrap().segments().is_empty());
        assert_eq!("/**".parse::<PathPattern>().unwrap().segments(), [Segment::Rest]);
    }

    #[test]
    fn refuses_what_could_be_read_in_two_ways() {
        for text in
            ["", "a", "/a//b", "/a/../b", "/**/a", "/a*", "/{id}x", "/{}", "/{1}", "/a?b", "/%61", "/a;b", "/a b"]
        {
            assert!(text.parse::<PathPattern>().is_err(), "{text}");
        }
    }
}
