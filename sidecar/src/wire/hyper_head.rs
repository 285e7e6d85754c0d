//! Heads as hyper read them, judged strictly: one meaning, or a refusal.
//!
//! hyper refuses by itself, before this is asked: broken lines and field names, differing Content-Length fields,
//! Transfer-Encoding in HTTP/1.0 or not ending in chunked, HTTP/2 fields that speak of a connection. It silently drops
//! Content-Length beside Transfer-Encoding and what follows `#` in a target, so neither can be refused here; both
//! are gone from what is sent on, because that is written anew.

use bytes::Bytes;
use http::header::{EXPECT, HOST, HeaderMap, TE, TRANSFER_ENCODING};

use super::authority::authority;
use super::framing::{end_to_end, named_by_connection};
use super::head::{RequestHead, ResponseHead, Target, Version};
use super::traits::AppError;

/// Why the head of a request has no single meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// No Host in HTTP/1.1, no `:authority` in HTTP/2.
    #[error("The request names no host: send exactly one Host field.")]
    HostMissing,
    /// Two hosts, or one that is no host.
    #[error("The request must name exactly one valid host.")]
    HostInvalid,
    /// CONNECT or TRACE.
    #[error("CONNECT and TRACE are not served.")]
    Method,
    /// A target with a scheme that is not this connection's, or none of the known forms.
    #[error("The request's target must be a path, or an http or https URL of this host.")]
    Target,
    /// A transfer coding that is not exactly `chunked`, or framing named in `Connection`.
    #[error("The request's framing is ambiguous: send Transfer-Encoding: chunked, or Content-Length.")]
    Framing,
    /// TE with more than `trailers` in HTTP/2 (RFC 9113 section 8.2.2).
    #[error("In HTTP/2 the TE field may only say trailers.")]
    Te,
    /// An expectation other than 100-continue (RFC 9110 section 10.1.1).
    #[error("The only expectation that is met is 100-continue.")]
    Expectation,
    /// Not HTTP/1.0, HTTP/1.1 or HTTP/2.
    #[error("The version of HTTP is not served: use HTTP/1.1 or HTTP/2.")]
    Version,
}

/// The head of a request that came over TLS or not, with a body of that length, if it is known.
pub(super) fn request_head(
    parts: http::request::Parts,
    is_tls: bool,
    content_length: Option<u64>,
) -> Result<RequestHead, HeadError> {
    let version = version(parts.version)?;
    if matches!(parts.method, http::Method::CONNECT | http::Method::TRACE) {
        return Err(HeadError::Method);
    }
    judge_framing(&parts.headers, version)?;
    let raw = parts.uri.path_and_query().ok_or(HeadError::Target)?.as_str();
    judge_scheme(&parts.uri, version, is_tls)?;
    let authority = one_authority(&parts.uri, &parts.headers, version)?;
    let mut fields = end_to_end(parts.headers);
    fields.remove("host");
    Ok(RequestHead {
        upgrade: None,
        method: method(&parts.method),
        target: Target::new(raw),
        authority,
        version,
        fields,
        content_length,
    })
}

/// The head of the app's answer; `exact` is the length of its body where that is known.
pub(super) fn response_head(
    parts: http::response::Parts,
    exact: Option<u64>,
    to_head: bool,
) -> Result<ResponseHead, AppError> {
    let status = parts.status.as_u16();
    if !(200..600).contains(&status) {
        return Err(AppError::Broken(format!("it answered with the status {status}")));
    }
    let told = declared_length(&parts.headers);
    let content_length = match status {
        204 => None,
        // What a GET would have got; the body is empty.
        304 => told,
        _ if to_head => told,
        _ => exact,
    };
    Ok(ResponseHead { status, fields: end_to_end(parts.headers), content_length })
}

/// The usual methods need no copy.
fn method(method: &http::Method) -> Bytes {
    let usual: &'static [u8] = match method.as_str() {
        "GET" => b"GET",
        "HEAD" => b"HEAD",
        "POST" => b"POST",
        "PUT" => b"PUT",
        "PATCH" => b"PATCH",
        "DELETE" => b"DELETE",
        "OPTIONS" => b"OPTIONS",
        other => return Bytes::copy_from_slice(other.as_bytes()),
    };
    Bytes::from_static(usual)
}

fn version(version: http::Version) -> Result<Version, HeadError> {
    match version {
        http::Version::HTTP_10 => Ok(Version::Http10),
        http::Version::HTTP_11 => Ok(Version::Http11),
        http::Version::HTTP_2 => Ok(Version::Http2),
        _ => Err(HeadError::Version),
    }
}

fn judge_framing(headers: &HeaderMap, version: Version) -> Result<(), HeadError> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    if let Some(coding) = codings.next() {
        // hyper reads lists and repetitions that end in chunked; the app might not read them alike.
        if codings.next().is_some() || !coding.as_bytes().eq_ignore_ascii_case(b"chunked") {
            return Err(HeadError::Framing);
        }
    }
    let framing = ["content-length", "transfer-encoding", "host"];
    if named_by_connection(headers).iter().any(|name| framing.contains(&name.as_str())) {
        return Err(HeadError::Framing);
    }
    let only_trailers = headers.get_all(TE).iter().all(|te| te.as_bytes().eq_ignore_ascii_case(b"trailers"));
    if version == Version::Http2 && !only_trailers {
        return Err(HeadError::Te);
    }
    let met = |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"100-continue");
    if headers.get_all(EXPECT).iter().all(met) { Ok(()) } else { Err(HeadError::Expectation) }
}

/// An absolute HTTP/1 target may say either scheme, because a proxy in front may have ended TLS.
fn judge_scheme(uri: &http::Uri, version: Version, is_tls: bool) -> Result<(), HeadError> {
    let is_fine = match uri.scheme_str() {
        Some("https") => is_tls || version != Version::Http2,
        Some("http") => !is_tls || version != Version::Http2,
        Some(_) => false,
        None => version != Version::Http2,
    };
    if is_fine { Ok(()) } else { Err(HeadError::Target) }
}

fn one_authority(uri: &http::Uri, headers: &HeaderMap, version: Version) -> Result<String, HeadError> {
    let mut hosts = headers.get_all(HOST).iter();
    let named = hosts.next().map(|value| value.to_str().ok().and_then(authority));
    if hosts.next().is_some() {
        return Err(HeadError::HostInvalid);
    }
    let target = uri.authority().map(|text| authority(text.as_str()));
    match (target, named) {
        (Some(Some(target)), Some(Some(named))) if target == named => Ok(target),
        (Some(Some(target)), None) if version != Version::Http11 => Ok(target),
        (None, Some(Some(named))) => Ok(named),
        (None, None) if version == Version::Http10 => Ok(String::new()),
        (_, None) => Err(HeadError::HostMissing),
        _ => Err(HeadError::HostInvalid),
    }
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    let mut lengths = headers.get_all(http::header::CONTENT_LENGTH).iter();
    let digits = lengths.next()?.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    if lengths.next().is_some() { None } else { digits.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(build: http::request::Builder, is_tls: bool) -> Result<RequestHead, HeadError> {
        request_head(build.body(()).unwrap().into_parts().0, is_tls, Some(0))
    }

    fn get(uri: &str) -> http::request::Builder {
        http::Request::get(uri)
    }

    #[test]
    fn one_host_is_needed_and_enough() {
        let host = |request| read(request, false).map(|head| head.authority);
        assert_eq!(host(get("/a").header("host", "A.example:80")), Ok("a.example:80".into()));
        assert_eq!(host(get("/a")), Err(HeadError::HostMissing));
        assert_eq!(host(get("/a").header("host", "a").header("host", "a")), Err(HeadError::HostInvalid));
        assert_eq!(host(get("/a").header("host", "a, b")), Err(HeadError::HostInvalid));
        assert_eq!(host(get("/a").version(http::Version::HTTP_10)), Ok(String::new()));
    }

    #[test]
    fn an_absolute_target_must_agree_with_host() {
        let target = |host: &str| {
            read(get("http://a.example/x?y").header("host", host), false).map(|head| head.target.raw().to_owned())
        };
        assert_eq!(target("A.Example"), Ok("/x?y".into()));
        assert_eq!(target("b.example"), Err(HeadError::HostInvalid));
        assert_eq!(read(get("ftp://a/x").header("host", "a"), false), Err(HeadError::Target));
        assert_eq!(read(get("http://u@a/x").header("host", "a"), false), Err(HeadError::HostInvalid));
    }

    #[test]
    fn http2_says_its_scheme_and_one_authority() {
        let h2 = |uri: &str| get(uri).version(http::Version::HTTP_2);
        assert_eq!(read(h2("https://a/x"), true).unwrap().authority, "a");
        assert_eq!(read(h2("https://a/x").header("host", "b"), true), Err(HeadError::HostInvalid));
        assert_eq!(read(h2("http://a/x"), true), Err(HeadError::Target));
        assert_eq!(read(h2("https://a/x").header("te", "gzip"), true), Err(HeadError::Te));
        assert!(read(h2("https://a/x").header("te", "trailers"), true).is_ok());
    }

    #[test]
    fn spellings_of_transfer_encoding_are_refused() {
        for coding in ["chunked, chunked", "gzip, chunked", "identity, chunked", "\"chunked\"", "chunked;q=1"] {
            let request = get("/a").header("host", "a").header("transfer-encoding", coding);
            assert_eq!(read(request, false), Err(HeadError::Framing), "{coding}");
        }
        let twice = get("/a").header("host", "a").header("transfer-encoding", "chunked");
        assert_eq!(read(twice.header("transfer-encoding", "chunked"), false), Err(HeadError::Framing));
        let named = get("/a").header("host", "a").header("connection", "close, Content-Length");
        assert_eq!(read(named, false), Err(HeadError::Framing));
        assert!(read(get("/a").header("host", "a").header("transfer-encoding", "Chunked"), false).is_ok());
    }

    #[test]
    fn tunnels_and_other_expectations_are_refused() {
        let trace = http::Request::builder().method("TRACE").uri("/").header("host", "a");
        assert_eq!(read(trace, false), Err(HeadError::Method));
        assert_eq!(read(get("/").header("host", "a").header("expect", "200"), false), Err(HeadError::Expectation));
    }

    #[test]
    fn the_app_cannot_lie_about_framing() {
        let answer = |status: u16, length: &str| {
            let response = http::Response::builder().status(status).header("content-length", length);
            response_head(response.body(()).unwrap().into_parts().0, Some(3), false)
        };
        assert_eq!(answer(200, "3, 3").unwrap().content_length, Some(3));
        assert!(!answer(200, "3").unwrap().fields.has("content-length"));
        assert_eq!(answer(204, "3").unwrap().content_length, None);
        assert!(answer(101, "0").is_err() && answer(700, "0").is_err());
    }
}
