//! Heads of HTTP/2 requests, judged strictly: one meaning, or a refusal (RFC 9113 section 8).
//!
//! The `h2` crate refuses before this is asked: pseudo-fields that are missing, doubled, unknown or late, names in upper
//! case, fields that speak of a connection, TE other than `trailers`, lengths that differ or that DATA does not keep to.

use bytes::Bytes;
use h2::ext::Protocol;
use http::header::{CONTENT_LENGTH, COOKIE, EXPECT, HOST, HeaderMap, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION};
use http::{Method, Uri};

use crate::wire::authority::authority;
use crate::wire::codec::{HeadError, is_token, judge_method};
use crate::wire::fields::Fields;
use crate::wire::head::{RequestHead, Target, Upgrade, Version};

/// Fields that end at this hop: they are said anew, or speak to us. Those that speak of a connection never come here.
const HOP_BY_HOP: [&str; 8] =
    ["te", "expect", "content-length", "host", "http2-settings", "proxy-authenticate", "proxy-authorization", "cookie"];

/// The head of a request that came over TLS or not; `has_body` says whether DATA follows.
pub(super) fn request_head(
    parts: &http::request::Parts,
    is_tls: bool,
    has_body: bool,
) -> Result<RequestHead, HeadError> {
    let upgrade = upgrade(parts)?;
    let expects = |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"100-continue");
    if !parts.headers.get_all(EXPECT).iter().all(expects) {
        return Err(HeadError::Expectation);
    }
    if upgrade.is_none() {
        judge_method(parts.method.as_str().as_bytes())?;
    }
    let raw = parts.uri.path_and_query().ok_or(HeadError::Target)?.as_str();
    // The `http` crate takes more than a request line of HTTP/1 may hold, and more than a name of a field.
    if !raw.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(HeadError::TargetBytes);
    }
    if !parts.headers.keys().all(|name| is_token(name.as_str().as_bytes())) {
        return Err(HeadError::Malformed("a field's name has a byte that is not allowed there"));
    }
    judge_scheme(&parts.uri, is_tls)?;
    let authority = one_authority(&parts.uri, &parts.headers)?;
    let content_length = if upgrade.is_some() || !has_body { Some(0) } else { declared_length(&parts.headers) };
    let fields = fields(&parts.headers, upgrade);
    let method = if upgrade.is_some() { Bytes::from_static(b"GET") } else { method(&parts.method) };
    let (target, version) = (Target::new(raw), Version::Http2);
    Ok(RequestHead { method, target, authority, version, fields, content_length, upgrade })
}

/// CONNECT is a WebSocket (RFC 8441) or nothing.
fn upgrade(parts: &http::request::Parts) -> Result<Option<Upgrade>, HeadError> {
    match (&parts.method, parts.extensions.get::<Protocol>()) {
        (&Method::CONNECT, Some(protocol)) if protocol.as_str().eq_ignore_ascii_case("websocket") => {
            let mut versions = parts.headers.get_all(SEC_WEBSOCKET_VERSION).iter();
            match (versions.next().map(http::HeaderValue::as_bytes), versions.next()) {
                (Some(b"13"), None) => Ok(Some(Upgrade::WebSocket)),
                _ => Err(HeadError::UpgradeVersion),
            }
        }
        _ => Ok(None),
    }
}

/// Without an authority the `h2` crate keeps no scheme: there is none to judge.
fn judge_scheme(uri: &Uri, is_tls: bool) -> Result<(), HeadError> {
    let is_fine = match uri.scheme_str() {
        Some("https") => is_tls,
        Some("http") => !is_tls,
        Some(_) => false,
        None => uri.authority().is_none(),
    };
    if is_fine { Ok(()) } else { Err(HeadError::Target) }
}

fn one_authority(uri: &Uri, headers: &HeaderMap) -> Result<String, HeadError> {
    let mut hosts = headers.get_all(HOST).iter();
    let named = hosts.next().map(|value| value.to_str().ok().and_then(authority));
    if hosts.next().is_some() {
        return Err(HeadError::HostInvalid);
    }
    match (uri.authority().map(|text| authority(text.as_str())), named) {
        (Some(Some(target)), None) => Ok(target),
        (Some(Some(target)), Some(Some(named))) if target == named => Ok(target),
        (None, Some(Some(named))) => Ok(named),
        (None, None) => Err(HeadError::HostMissing),
        _ => Err(HeadError::HostInvalid),
    }
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn fields(headers: &HeaderMap, upgrade: Option<Upgrade>) -> Fields {
    let text = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let mut fields = Fields::with_capacity(headers.len(), text);
    for (name, value) in headers {
        // A key belongs to the handshake of HTTP/1 (RFC 8441 section 5.1): whoever needs one makes it.
        let is_key = upgrade.is_some() && name == SEC_WEBSOCKET_KEY;
        if !is_key && !HOP_BY_HOP.contains(&name.as_str()) {
            fields.append(name, value);
        }
    }
    if let Some(cookies) = cookies(headers) {
        fields.append("cookie", cookies);
    }
    fields
}

/// The crumbs of a cookie as one field (RFC 9113 section 8.2.3): everybody behind this sees the same.
fn cookies(headers: &HeaderMap) -> Option<Vec<u8>> {
    let mut crumbs = headers.get_all(COOKIE).iter();
    let mut joined = crumbs.next()?.as_bytes().to_vec();
    for crumb in crumbs {
        joined.extend_from_slice(b"; ");
        joined.extend_from_slice(crumb.as_bytes());
    }
    Some(joined)
}

/// The usual methods need no copy.
fn method(method: &Method) -> Bytes {
    let usual: &'static [u8] = match *method {
        Method::GET => b"GET",
        Method::HEAD => b"HEAD",
        Method::POST => b"POST",
        Method::PUT => b"PUT",
        Method::PATCH => b"PATCH",
        Method::DELETE => b"DELETE",
        Method::OPTIONS => b"OPTIONS",
        _ => return Bytes::copy_from_slice(method.as_str().as_bytes()),
    };
    Bytes::from_static(usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(build: http::request::Builder) -> Result<RequestHead, HeadError> {
        request_head(&build.body(()).unwrap().into_parts().0, true, false)
    }

    fn get(uri: &str) -> http::request::Builder {
        http::Request::get(uri)
    }

    #[test]
    fn one_authority_is_needed_and_enough() {
        let host = |request| read(request).map(|head| head.authority);
        assert_eq!(host(get("https://A.example:8443/x")), Ok("a.example:8443".into()));
        assert_eq!(host(get("https://a/x").header("host", "A")), Ok("a".into()));
        assert_eq!(host(get("/x").header("host", "a")), Ok("a".into()), "as translated from HTTP/1");
        assert_eq!(host(get("/x")), Err(HeadError::HostMissing));
        assert_eq!(host(get("https://a/x").header("host", "b")), Err(HeadError::HostInvalid));
        assert_eq!(host(get("https://a/x").header("host", "a").header("host", "a")), Err(HeadError::HostInvalid));
        assert_eq!(host(get("https://u@a/x")), Err(HeadError::HostInvalid));
    }

    #[test]
    fn the_scheme_is_that_of_the_connection() {
        assert_eq!(read(get("http://a/x")), Err(HeadError::Target));
        assert_eq!(read(get("ftp://a/x")), Err(HeadError::Target));
        let plain = get("http://a/x").body(()).unwrap().into_parts().0;
        assert!(request_head(&plain, false, false).is_ok());
    }

    #[test]
    fn crumbs_become_one_cookie() {
        let request = get("https://a/").header("cookie", "a=1").header("x", "y").header("cookie", "b=2");
        let head = read(request.header("cookie", "c=3")).unwrap();
        assert_eq!(head.fields.text("cookie"), Some("a=1; b=2; c=3"));
        assert_eq!((head.fields.all("cookie").count(), head.fields.text("x")), (1, Some("y")));
    }

    #[test]
    fn what_belongs_to_this_hop_ends_here() {
        let request = get("https://a/").header("te", "trailers").header("content-length", "0").header("host", "a");
        let head = read(request.header("expect", "100-continue").header("x", "1").header("x", "2")).unwrap();
        let names: Vec<_> = head.fields.iter().map(|field| field.name).collect();
        assert_eq!(names, [b"x", b"x"]);
        assert_eq!(read(get("https://a/").header("expect", "200")), Err(HeadError::Expectation));
    }

    #[test]
    fn a_websocket_is_the_only_tunnel() {
        let connect = |protocol: Option<&'static str>, version: &str| {
            let mut request = http::Request::builder().method("CONNECT").uri("https://a/chat");
            if let Some(protocol) = protocol {
                request = request.extension(Protocol::from_static(protocol));
            }
            read(request.header("sec-websocket-key", "x").header("sec-websocket-version", version))
        };
        let head = connect(Some("websocket"), "13").unwrap();
        assert_eq!((head.method_name(), head.upgrade, head.target.raw()), ("GET", Some(Upgrade::WebSocket), "/chat"));
        assert!(!head.fields.has("sec-websocket-key") && head.fields.has("sec-websocket-version"));
        assert_eq!(connect(Some("connect-udp"), "13"), Err(HeadError::Method));
        assert_eq!(connect(Some("websocket"), "8"), Err(HeadError::UpgradeVersion));
        assert_eq!(connect(None, "13"), Err(HeadError::Method));
        assert_eq!(read(http::Request::builder().method("TRACE").uri("https://a/")), Err(HeadError::Method));
    }

    #[test]
    fn a_length_is_what_was_declared() {
        let length = |request: http::request::Builder, has_body| {
            request_head(&request.body(()).unwrap().into_parts().0, true, has_body).unwrap().content_length
        };
        assert_eq!(length(get("https://a/"), false), Some(0));
        assert_eq!(length(get("https://a/"), true), None);
        assert_eq!(length(get("https://a/").header("content-length", "7"), true), Some(7));
    }
}
