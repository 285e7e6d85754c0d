//! One reading of a path: percent-decoded, folded, and refused where two readers could differ.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

/// Whether spellings that many frameworks serve alike are one path.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub enum Matching {
    /// Letters' case, doubled and trailing slashes and `;` parameters make no difference.
    #[default]
    Folded,
    /// They do.
    Exact,
}

/// A request's path in the one form that routes are matched on. The app still receives the original bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NormalPath<'a> {
    /// Starts with `/`.
    path: Cow<'a, str>,
    /// The same with `;` parameters left out, where the path has any and they are folded.
    without_parameters: Option<String>,
}

/// Why a path is refused: somebody behind us could read it differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It does not start with a slash.
    #[error("the path must start with /")]
    NotAbsolute,
    /// A percent sign without two hexadecimal digits.
    #[error("the path has a broken percent-encoding")]
    BrokenEncoding,
    /// `%2F`, `%5C` or `\`: a separator for some readers only.
    #[error("the path has an encoded slash or a backslash")]
    HiddenSeparator,
    /// A control character, plain or encoded.
    #[error("the path has a control character")]
    Control,
    /// `.` or `..`, plain or encoded.
    #[error("the path has a dot segment")]
    DotSegment,
    /// What it decodes to is not UTF-8, as in overlong encodings.
    #[error("the path does not decode to UTF-8")]
    NotUtf8,
    /// It still holds a percent-encoding once decoded, which a second decoder would read.
    #[error("the path is encoded twice")]
    EncodedTwice,
}

impl<'a> NormalPath<'a> {
    /// Reads the path of a request target, without its query.
    ///
    /// # Errors
    /// When the path could be read in two ways; such a request is answered with 400.
    pub fn parse(raw: &'a str, matching: Matching) -> Result<Self, PathError> {
        if !raw.starts_with('/') {
            return Err(PathError::NotAbsolute);
        }
        if is_plain(raw) {
            return Ok(Self { path: Cow::Borrowed(raw), without_parameters: None });
        }
        Self::parse_any(raw, matching)
    }

    fn parse_any(raw: &'a str, matching: Matching) -> Result<Self, PathError> {
        let decoded = decode(raw)?;
        if decoded.chars().any(char::is_control) {
            return Err(PathError::Control);
        }
        if decoded.contains('\\') {
            return Err(PathError::HiddenSeparator);
        }
        if decoded.split('/').any(is_dot_segment) {
            return Err(PathError::DotSegment);
        }
        Ok(match matching {
            Matching::Exact => Self { path: decoded, without_parameters: None },
            Matching::Folded => Self {
                without_parameters: decoded.contains(';').then(|| fold(&strip_parameters(&decoded)).into_owned()),
                path: fold_cow(decoded),
            },
        })
    }

    /// The path as it is matched.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.path
    }

    /// The path as a reader sees it who drops `;` parameters, where that differs.
    #[must_use]
    pub fn without_parameters(&self) -> Option<&str> {
        self.without_parameters.as_deref()
    }
}

/// Whether a path has one reading at sight, as most have: nothing encoded, nothing to fold, no dot that begins a
/// segment.
fn is_plain(path: &str) -> bool {
    let mut before = b' ';
    let is_plain = path.bytes().all(|byte| {
        let is_fine = match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' => true,
            b'/' | b'.' => before != b'/',
            _ => false,
        };
        before = byte;
        is_fine
    });
    is_plain && (before != b'/' || path.len() == 1)
}

/// Folds a pattern's literal as request paths are folded.
pub(super) fn fold_literal(literal: &str, matching: Matching) -> String {
    match matching {
        Matching::Exact => literal.to_owned(),
        Matching::Folded => literal.to_lowercase(),
    }
}

fn decode(raw: &str) -> Result<Cow<'_, str>, PathError> {
    if !raw.contains('%') {
        return Ok(Cow::Borrowed(raw));
    }
    if !escapes(raw).all(|hex| hex.is_some()) {
        return Err(PathError::BrokenEncoding);
    }
    if escapes(raw).flatten().any(|hex| matches!(hex, [b'2', b'f' | b'F'] | [b'5', b'c' | b'C'])) {
        return Err(PathError::HiddenSeparator);
    }
    let decoded = percent_decode_str(raw).decode_utf8().map_err(|_| PathError::NotUtf8)?;
    if escapes(&decoded).any(|hex| hex.is_some()) {
        return Err(PathError::EncodedTwice);
    }
    Ok(decoded)
}

/// The two digits after each percent sign; `None` where they are no digits.
fn escapes(text: &str) -> impl Iterator<Item = Option<[u8; 2]>> + '_ {
    text.as_bytes().split(|&byte| byte == b'%').skip(1).map(|after| match after {
        [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => Some([*high, *low]),
        _ => None,
    })
}

/// A dot segment, also for readers that drop `;` parameters first.
fn is_dot_segment(segment: &str) -> bool {
    matches!(segment.split(';').next(), Some("." | ".."))
}

fn strip_parameters(path: &str) -> String {
    let stripped: Vec<&str> = path.split('/').map(|segment| segment.split(';').next().unwrap_or_default()).collect();
    stripped.join("/")
}

fn fold_cow(path: Cow<'_, str>) -> Cow<'_, str> {
    match path {
        Cow::Borrowed(text) => fold(text),
        Cow::Owned(text) => Cow::Owned(fold(&text).into_owned()),
    }
}

/// Lower case, single slashes, no trailing slash; borrows where nothing changes, as for almost every request.
fn fold(path: &str) -> Cow<'_, str> {
    let is_folded = !path.contains("//")
        && (path.len() == 1 || !path.ends_with('/'))
        && path.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if is_folded {
        return Cow::Borrowed(path);
    }
    let mut folded = String::with_capacity(path.len());
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        folded.push('/');
        folded.push_str(&segment.to_lowercase());
    }
    if folded.is_empty() {
        folded.push('/');
    }
    Cow::Owned(folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(raw: &str) -> Result<String, PathError> {
        NormalPath::parse(raw, Matching::Folded).map(|path| path.as_str().to_owned())
    }

    #[test]
    fn what_is_plain_reads_as_everything_else_does() {
        let mut paths = vec!["/".to_owned()];
        for at in 0..3000 {
            let Some(path) = paths.get(at).cloned() else { break };
            paths.extend("/.aA-;%".chars().map(|next| format!("{path}{next}")));
        }
        let plain = paths.iter().filter(|path| is_plain(path));
        for (path, matching) in plain.flat_map(|path| [(path, Matching::Folded), (path, Matching::Exact)]) {
            assert_eq!(NormalPath::parse(path, matching), NormalPath::parse_any(path, matching), "{path}");
        }
        assert!(is_plain("/") && is_plain("/a/b.json") && !is_plain("/a/") && !is_plain("/.a") && !is_plain("/A"));
    }

    #[test]
    fn spellings_that_frameworks_serve_alike_are_one_path() {
        for raw in
            ["/admin/users", "/Admin/Users", "//admin//users", "/admin/users/", "/%61dmin/users", "/ADMIN///users//"]
        {
            assert_eq!(folded(raw).as_deref(), Ok("/admin/users"), "{raw}");
        }
        assert_eq!(folded("/").as_deref(), Ok("/"));
        assert_eq!(folded("//").as_deref(), Ok("/"));
        assert_eq!(folded("/%C3%89t%C3%A9").as_deref(), Ok("/été"));
    }

    #[test]
    fn exact_keeps_each_spelling_apart() {
        let path = NormalPath::parse("/Admin//x/", Matching::Exact).unwrap();
        assert_eq!(path.as_str(), "/Admin//x/");
    }

    #[test]
    fn two_readings_are_refused() {
        use PathError::{BrokenEncoding, Control, DotSegment, EncodedTwice, HiddenSeparator, NotAbsolute, NotUtf8};
        let cases = [
            ("a", NotAbsolute),
            ("*", NotAbsolute),
            ("/a%2Fb", HiddenSeparator),
            ("/a%5cb", HiddenSeparator),
            ("/a\\b", HiddenSeparator),
            ("/a/../b", DotSegment),
            ("/a/%2e%2e/b", DotSegment),
            ("/a/.%2E/b", DotSegment),
            ("/.", DotSegment),
            ("/a/..;x/b", DotSegment),
            ("/a%00b", Control),
            ("/a%0d%0ab", Control),
            ("/a%7f", Control),
            ("/a%", BrokenEncoding),
            ("/a%4", BrokenEncoding),
            ("/a%zz", BrokenEncoding),
            ("/%c0%ae%c0%ae/", NotUtf8),
            ("/%ff", NotUtf8),
            ("/%252e%252e/", EncodedTwice),
            ("/a%2561", EncodedTwice),
        ];
        for (raw, error) in cases {
            assert_eq!(folded(raw), Err(error), "{raw}");
        }
    }

    #[test]
    fn a_percent_sign_alone_may_be_meant() {
        assert_eq!(folded("/100%25").as_deref(), Ok("/100%"));
    }

    #[test]
    fn both_readings_of_parameters_are_kept() {
        let path = NormalPath::parse("/admin;v=1/users", Matching::Folded).unwrap();
        assert_eq!(path.as_str(), "/admin;v=1/users");
        assert_eq!(path.without_parameters(), Some("/admin/users"));
    }
}
