//! Heads as the `h2` crate sends and reads them on the app's side.

use bytes::Bytes;
use h2::ext::Protocol;
use http::header::{CONTENT_LENGTH, HeaderMap, HeaderValue, TE};
use http::uri::{Authority, Parts, PathAndQuery, Scheme};
use http::{Method, Request, Uri};

use crate::wire::fields::Fields;
use crate::wire::h2::fields::header_map;
use crate::wire::head::{RequestHead, ResponseHead};
use crate::wire::media_type::is_grpc;
use crate::wire::traits::AppError;

/// Fields that end at this hop, whatever the app means by them.
const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
    "te",
    "content-length",
    "proxy-authenticate",
];
/// Trailers that would change how a message is framed, routed, authenticated or read (RFC 9110 section 6.5.1).
const NEVER_TRAILERS: [&str; 11] = [
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
    "x-request-id",
];

/// A request as it is sent; `host` stands for a host that the client did not name.
///
/// # Errors
/// When it has no form in HTTP/2.
pub(super) fn request(head: &RequestHead, host: &str) -> Result<Request<()>, AppError> {
    let unsendable = |what: &str| AppError::Broken(format!("the request's {what} cannot be sent"));
    let mut parts = Parts::default();
    parts.scheme = Some(Scheme::HTTP);
    let authority = if head.authority.is_empty() { host } else { &head.authority };
    parts.authority = Some(Authority::try_from(authority).map_err(|_| unsendable("host"))?);
    let target = Bytes::copy_from_slice(head.target.raw().as_bytes());
    parts.path_and_query = Some(PathAndQuery::from_maybe_shared(target).map_err(|_| unsendable("target"))?);
    let mut request = Request::new(());
    *request.uri_mut() = Uri::from_parts(parts).map_err(|_| unsendable("target"))?;
    let mut headers = header_map(head.fields.clone(), 2);
    if head.upgrade.is_some() {
        // A key belongs to the handshake of HTTP/1 (RFC 8441 section 5.1).
        headers.remove(http::header::SEC_WEBSOCKET_KEY);
        *request.method_mut() = Method::CONNECT;
        request.extensions_mut().insert(Protocol::from_static("websocket"));
    } else {
        *request.method_mut() = Method::from_bytes(&head.method).map_err(|_| unsendable("method"))?;
        if let Some(length @ 1..) = head.content_length {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
    }
    if is_grpc(&head.fields) {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    *request.headers_mut() = headers;
    Ok(request)
}

/// The head of an answer; `is_over` says that no body follows.
///
/// # Errors
/// When its status is none.
pub(super) fn response(parts: &http::response::Parts, is_over: bool, to_head: bool) -> Result<ResponseHead, AppError> {
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
        _ if is_over => Some(0),
        _ => told,
    };
    Ok(ResponseHead { status, fields: end_to_end(&parts.headers), content_length })
}

/// The head of an interim answer.
pub(super) fn hint(response: &http::Response<()>) -> ResponseHead {
    ResponseHead { fields: end_to_end(response.headers()), ..ResponseHead::new(response.status().as_u16()) }
}

/// Trailers that may be passed on.
pub(super) fn safe_trailers(headers: &HeaderMap) -> Fields {
    let mut fields = end_to_end(headers);
    fields.retain(|field| !NEVER_TRAILERS.iter().any(|name| name.as_bytes() == field.name));
    fields
}

fn end_to_end(headers: &HeaderMap) -> Fields {
    let text = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let mut fields = Fields::with_capacity(headers.len(), text);
    for (name, value) in headers {
        if !HOP_BY_HOP.contains(&name.as_str()) {
            fields.append(name, value);
        }
    }
    fields
}

/// The `h2` crate holds the body to it.
fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
