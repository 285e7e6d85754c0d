//! The four forms of a request's target (RFC 9112 section 3.2), of which a proxy before one API serves three.

use super::classes::{PATH, QUERY, TOKEN, is, run_of};
use super::error::HeadError;
use super::host::named_host;

/// A target, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct WrittenTarget<'a> {
    /// The host that an absolute target names, in lower case.
    pub(super) authority: Option<String>,
    /// Path and query; they are ASCII. Empty or without a path where an absolute target has none.
    pub(super) path_and_query: &'a [u8],
    /// Where the question mark stands in it.
    pub(super) query_at: Option<usize>,
    /// Bytes of the whole target.
    pub(super) length: usize,
}

/// Reads a target up to the blank behind it; `None` where more bytes are needed.
///
/// # Errors
/// As soon as the bytes can be no target of this method and connection.
pub(super) fn target<'a>(bytes: &'a [u8], method: &[u8], is_tls: bool) -> Result<Option<WrittenTarget<'a>>, HeadError> {
    match bytes.first() {
        None => Ok(None),
        Some(b'/') => Ok(written(bytes, 0, None, path_and_query(bytes)?)),
        Some(b'*') if method == b"OPTIONS" => match bytes.get(1) {
            None => Ok(None),
            Some(b' ') => Ok(written(bytes, 0, None, Some((1, None)))),
            Some(_) => Err(HeadError::Target),
        },
        Some(_) => absolute(bytes, is_tls),
    }
}

/// `http://HOST[:PORT][/PATH][?QUERY]`. Over TLS the scheme is known to be https; without, a proxy in front may have
/// ended TLS, so that either is true.
fn absolute(bytes: &[u8], is_tls: bool) -> Result<Option<WrittenTarget<'_>>, HeadError> {
    let Some(start) = scheme(bytes, if is_tls { &[b"https://"] } else { &[b"http://", b"https://"] })? else {
        return Ok(None);
    };
    let rest = bytes.get(start..).unwrap_or_default();
    let host = rest.iter().position(|&byte| !is_of_authority(byte)).unwrap_or(rest.len());
    match rest.get(host) {
        None => return Ok(None),
        Some(b'/' | b'?' | b' ') => {}
        Some(_) => return Err(HeadError::HostInvalid),
    }
    let (named, path) = rest.split_at_checked(host).unwrap_or_default();
    let named = named_host(named).ok_or(HeadError::HostInvalid)?;
    Ok(written(bytes, start + host, Some(named), path_and_query(path)?))
}

/// Where the authority begins behind one of these schemes, in any case.
fn scheme(bytes: &[u8], schemes: &[&[u8]]) -> Result<Option<usize>, HeadError> {
    let begins = |scheme: &&&[u8]| bytes.iter().zip(**scheme).all(|(byte, other)| byte.eq_ignore_ascii_case(other));
    let mut fitting = schemes.iter().filter(begins).peekable();
    if fitting.peek().is_none() {
        return Err(HeadError::Target);
    }
    Ok(fitting.find(|scheme| scheme.len() <= bytes.len()).map(|scheme| scheme.len()))
}

/// What could stand in an authority; what may is judged once it is whole.
fn is_of_authority(byte: u8) -> bool {
    is(byte, TOKEN) || matches!(byte, b':' | b'[' | b']' | b'@')
}

/// Bytes of path and query up to the blank behind them, and where the question mark stands.
fn path_and_query(bytes: &[u8]) -> Result<Option<(usize, Option<usize>)>, HeadError> {
    let mut end = run_of(bytes, PATH);
    while bytes.get(end) == Some(&b'%') {
        let Some(length) = escape(bytes.get(end..).unwrap_or_default())? else { return Ok(None) };
        end += length;
        end += run_of(bytes.get(end..).unwrap_or_default(), PATH);
    }
    let query_at = (bytes.get(end) == Some(&b'?')).then_some(end);
    if query_at.is_some() {
        end += run_of(bytes.get(end..).unwrap_or_default(), QUERY);
    }
    match bytes.get(end) {
        None => Ok(None),
        Some(b' ') => Ok(Some((end, query_at))),
        Some(b'\r' | b'\n') => Err(HeadError::Malformed("the request line must end with the version of HTTP")),
        Some(b'\t') => Err(HeadError::Malformed("one blank each must stand between method, target and version")),
        Some(_) => Err(HeadError::TargetBytes),
    }
}

/// Bytes of the escape at the front; `None` where more are needed.
fn escape(bytes: &[u8]) -> Result<Option<usize>, HeadError> {
    match bytes.get(1..).unwrap_or_default() {
        [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => Ok(Some(3)),
        [] => Ok(None),
        [high] if high.is_ascii_hexdigit() => Ok(None),
        _ => Err(HeadError::TargetBytes),
    }
}

fn written(
    bytes: &[u8],
    start: usize,
    authority: Option<String>,
    path: Option<(usize, Option<usize>)>,
) -> Option<WrittenTarget<'_>> {
    let (path, query_at) = path?;
    let length = start + path;
    Some(WrittenTarget { authority, path_and_query: bytes.get(start..length)?, query_at, length })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<(Option<String>, String)>, HeadError> {
        let target = target(text.as_bytes(), b"GET", false)?;
        Ok(target.map(|target| {
            assert_eq!(text.as_bytes().get(target.length), Some(&b' '));
            (target.authority, String::from_utf8(target.path_and_query.to_vec()).unwrap())
        }))
    }

    #[test]
    fn paths_are_taken_as_they_are() {
        for path in ["/", "/a/b.c", "/a%2fb%E2%82", "//a", "/a;b=c,d", "/:@!$&'()*+,;=-._~", "/a?", "/a??b=/?%&%zz"] {
            assert_eq!(read(&format!("{path} HTTP/1.1")), Ok(Some((None, path.into()))));
        }
        let raw_in_browsers = "/a?x={a:[1|2]}^`\\'";
        assert_eq!(read(&format!("{raw_in_browsers} ")), Ok(Some((None, raw_in_browsers.into()))));
    }

    #[test]
    fn bytes_that_no_path_has_are_refused() {
        for path in [
            "/a#b",
            "/a?b#c",
            "/a\"b",
            "/a<b",
            "/a>b",
            "/a\\b",
            "/a^b",
            "/a`b",
            "/a{b",
            "/a|b",
            "/a}b",
            "/[a]",
            "/\u{e9}",
            "/a\0",
            "/a\x7f",
            "/a?\x01",
            "/a?<b",
            "/a?\"b",
            "/a?\u{e9}",
            "/%",
            "/%4",
            "/%4g",
            "/%%41",
            "/a%?b",
        ] {
            assert_eq!(read(&format!("{path} HTTP/1.1")), Err(HeadError::TargetBytes), "{path:?}");
        }
        for path in ["/a\r", "/a\n", "/a\t"] {
            assert!(matches!(read(path), Err(HeadError::Malformed(_))), "{path:?}");
        }
    }

    #[test]
    fn an_absolute_target_has_a_host_and_maybe_a_path() {
        let host = |host: &str, path: &str| Ok(Some((Some(host.to_owned()), path.to_owned())));
        assert_eq!(read("http://A.example/b?c "), host("a.example", "/b?c"));
        assert_eq!(read("HTTPS://a:8443/ "), host("a:8443", "/"));
        assert_eq!(read("http://a "), host("a", ""));
        assert_eq!(read("http://a?b "), host("a", "?b"));
        assert_eq!(read("http://[::1]:80/ "), host("[::1]:80", "/"));
        for target in
            ["http:// ", "http:///a ", "http://u@a/ ", "http://u:p@a/ ", "http://a b", "http://a\\b/ ", "http://a#b "]
        {
            assert!(matches!(read(target), Err(HeadError::HostInvalid) | Ok(Some(_))), "{target}");
        }
        for target in
            ["http:// ", "http:///a ", "http://u@a/ ", "http://u:p@a/ ", "http://a\\b/ ", "http://a#b ", "http://a,b/ "]
        {
            assert_eq!(read(target), Err(HeadError::HostInvalid), "{target}");
        }
    }

    #[test]
    fn other_forms_and_schemes_are_refused_at_once() {
        for target in
            ["ftp://a/", "a:80", "a", "*", "*/", "http:/a", "http:a", "httpx", "hta", "?a", "\\a", " /a", "%2f"]
        {
            assert_eq!(read(target), Err(HeadError::Target), "{target}");
        }
        assert_eq!(target(b"*", b"OPTIONS", false), Ok(None));
        assert!(target(b"* HTTP/1.1", b"OPTIONS", false).unwrap().is_some());
        assert_eq!(target(b"*/ HTTP/1.1", b"OPTIONS", false), Err(HeadError::Target));
        assert_eq!(target(b"http://a/ ", b"GET", true), Err(HeadError::Target));
        assert!(target(b"https://a/ ", b"GET", true).unwrap().is_some());
    }

    #[test]
    fn what_is_not_whole_is_waited_for() {
        for target in
            ["", "/", "/a", "/a%", "/a%4", "/a?", "h", "http", "http:", "https:/", "http://", "http://a", "http://a/b"]
        {
            assert_eq!(read(target), Ok(None), "{target}");
        }
    }
}
