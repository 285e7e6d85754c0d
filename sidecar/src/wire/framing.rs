//! Fields that speak of one connection only: they are taken out and never passed on (RFC 9110 section 7.6.1).

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};

use super::fields::Fields;
use super::head::ResponseHead;

/// Fields that end at this hop, whatever `Connection` says.
const HOP_BY_HOP: [&str; 11] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "transfer-encoding",
    "content-length",
    "upgrade",
    "http2-settings",
    "expect",
];

/// Trailers that would change how a message is framed, routed, authenticated or read (RFC 9110 section 6.5.1).
const NEVER_TRAILERS: [&str; 10] = [
    "trailer",
    "host",
    "authorization",
    "set-cookie",
    "cache-control",
    "content-encoding",
    "content-type",
    "content-range",
    "location",
    "www-authenticate",
];

/// The fields that go beyond this hop.
pub(super) fn end_to_end(headers: HeaderMap) -> Fields {
    let named = named_by_connection(&headers);
    let text = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let mut fields = Fields::with_capacity(headers.len(), text);
    let mut last: Option<HeaderName> = None;
    for (name, value) in headers {
        // A map yields the name with the first of its values only.
        last = name.or(last);
        let Some(name) = last.as_ref().map(HeaderName::as_str) else { continue };
        if !is_hop_by_hop(name) && !named.iter().any(|dropped| dropped == name) {
            fields.append(name, value);
        }
    }
    fields
}

/// What `Connection` names, in lower case.
pub(super) fn named_by_connection(headers: &HeaderMap) -> Vec<String> {
    headers
        .get_all(http::header::CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|&byte| byte == b','))
        .map(|token| String::from_utf8_lossy(token.trim_ascii()).to_ascii_lowercase())
        .collect()
}

/// Trailers that may be passed on.
pub(super) fn safe_trailers(headers: HeaderMap) -> Fields {
    let mut fields = end_to_end(headers);
    fields.retain(|field| !NEVER_TRAILERS.iter().any(|name| name.as_bytes() == field.name));
    fields
}

/// The fields as hyper takes them. What is no field name or value is left out: it could only come from a defect.
pub(super) fn header_map(fields: &Fields) -> HeaderMap {
    let mut map = HeaderMap::with_capacity(fields.len() + 2);
    for field in fields.iter() {
        let name = HeaderName::from_bytes(field.name);
        let value = HeaderValue::from_bytes(field.value);
        if let (Ok(name), Ok(value)) = (name, value)
            && !is_hop_by_hop(name.as_str())
        {
            map.append(name, value);
        }
    }
    map
}

/// An answer as bytes of HTTP/1.1, for a connection that ends with it.
pub(super) fn last_answer(head: &ResponseHead, body: &Bytes, now: std::time::SystemTime) -> Vec<u8> {
    let status = http::StatusCode::from_u16(head.status).unwrap_or(http::StatusCode::BAD_REQUEST);
    let mut bytes = format!("HTTP/1.1 {status}\r\n").into_bytes();
    for field in head.fields.iter() {
        bytes.extend_from_slice(field.name);
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(field.value);
        bytes.extend_from_slice(b"\r\n");
    }
    let date = httpdate::fmt_http_date(now);
    let framing = format!("content-length: {}\r\ndate: {date}\r\nconnection: close\r\n\r\n", body.len());
    bytes.extend_from_slice(framing.as_bytes());
    bytes.extend_from_slice(body);
    bytes
}

fn is_hop_by_hop(name: &str) -> bool {
    HOP_BY_HOP.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn what_connection_names_ends_here() {
        let fields = end_to_end(map(&[
            ("connection", "close, X-Secret"),
            ("x-secret", "1"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("accept", "a"),
        ]));
        let names: Vec<_> = fields.iter().map(|field| field.name).collect();
        assert_eq!(names, [b"accept"]);
    }

    #[test]
    fn repeated_fields_stay_repeated() {
        let mut headers = HeaderMap::new();
        headers.append("set-cookie", HeaderValue::from_static("a=1"));
        headers.append("set-cookie", HeaderValue::from_static("b=2"));
        let fields = end_to_end(headers);
        assert_eq!(fields.all("set-cookie").count(), 2);
        assert_eq!(header_map(&fields).get_all("set-cookie").iter().count(), 2);
    }

    #[test]
    fn trailers_cannot_change_the_message() {
        let fields = safe_trailers(map(&[("content-length", "5"), ("set-cookie", "a=1"), ("grpc-status", "0")]));
        assert_eq!((fields.len(), fields.text("grpc-status")), (1, Some("0")));
    }

    #[test]
    fn the_last_answer_is_whole() {
        let mut head = ResponseHead::new(408);
        head.fields.append("content-type", "text/plain");
        let bytes = last_answer(&head, &Bytes::from_static(b"late"), std::time::UNIX_EPOCH);
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with("HTTP/1.1 408 Request Timeout\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n"));
        assert!(text.ends_with("connection: close\r\n\r\nlate"), "{text}");
    }
}
