//! How the shop answers: the envelope, the open headers, and errors that tell too much.

use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::answer::{Body, json as document, whole};

/// The shop's only limit on bodies: 10 MB, for every route.
pub(super) const BODY_LIMIT: usize = 10 * 1024 * 1024;

/// Headers on every answer: any site may read it, and everybody learns what it runs on.
const OPEN_HEADERS: [(&str, &str); 2] = [("x-powered-by", "Express"), ("access-control-allow-origin", "*")];

/// A JSON object.
pub(super) type Object = Map<String, Value>;

/// Why a request failed, with all that the shop tells about it.
#[derive(Debug)]
pub(super) struct Failure {
    /// The status of the answer.
    pub(super) status: StatusCode,
    /// What went wrong.
    pub(super) message: String,
    /// A code of the database or the framework; with it goes a stack trace.
    pub(super) code: Option<&'static str>,
}

impl Failure {
    /// A failure that the shop foresaw.
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), code: None }
    }

    /// A failure inside: it leaks a code and where it happened.
    pub(super) fn inside(status: StatusCode, message: impl Into<String>, code: &'static str) -> Self {
        Self { status, message: message.into(), code: Some(code) }
    }
}

/// The shop's envelope for what went well.
pub(super) fn success(status: StatusCode, data: &impl Serialize) -> Response<Body> {
    document(status, &json!({"success": true, "data": data}))
}

/// The shop's envelope for what failed.
pub(super) fn failure(failure: &Failure) -> Response<Body> {
    let Failure { status, message, code } = failure;
    let Some(code) = code else {
        return document(*status, &json!({"success": false, "error": message}));
    };
    let stack = format!(
        "Error: {message}\n    at Parser.parseErrorMessage (/app/node_modules/pg-protocol/dist/parser.js:287:98)\n    \
         at productController.js:94:22\n    at asyncHandler (/app/src/middleware/asyncHandler.js:6:14)"
    );
    document(*status, &json!({"success": false, "error": message, "code": code, "stack": stack}))
}

/// The answer to a preflight: everything is allowed to everybody.
pub(super) fn preflight() -> Response<Body> {
    let mut answer = Response::new(whole(Bytes::new()));
    *answer.status_mut() = StatusCode::NO_CONTENT;
    let methods = HeaderValue::from_static("GET,HEAD,PUT,PATCH,POST,DELETE");
    answer.headers_mut().insert("access-control-allow-methods", methods);
    answer.headers_mut().insert("access-control-allow-headers", HeaderValue::from_static("*"));
    answer
}

/// Puts the headers on that every answer carries.
pub(super) fn dress(headers: &mut HeaderMap) {
    for (name, value) in OPEN_HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
}

/// The whole body, at most [`BODY_LIMIT`] bytes.
pub(super) async fn read(body: Incoming) -> Result<Bytes, Failure> {
    let collected = Limited::new(body, BODY_LIMIT).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() {
            Failure::inside(StatusCode::PAYLOAD_TOO_LARGE, "request entity too large", "entity.too.large")
        } else {
            Failure::new(StatusCode::BAD_REQUEST, "request aborted")
        }
    })?;
    Ok(collected.to_bytes())
}

/// The body as a JSON object.
pub(super) async fn read_object(body: Incoming) -> Result<Object, Failure> {
    serde_json::from_slice(&read(body).await?)
        .map_err(|error| Failure::inside(StatusCode::BAD_REQUEST, error.to_string(), "entity.parse.failed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn said(answer: Response<Body>) -> Object {
        serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap()
    }

    #[tokio::test]
    async fn inner_failures_leak_code_and_stack_and_foreseen_ones_do_not() {
        let leaky = said(failure(&Failure::inside(StatusCode::INTERNAL_SERVER_ERROR, "oops", "22P02"))).await;
        assert_eq!(leaky.get("code"), Some(&json!("22P02")));
        assert!(leaky.get("stack").is_some_and(|stack| stack.to_string().contains("productController.js:94")));
        let plain = said(failure(&Failure::new(StatusCode::NOT_FOUND, "Product not found"))).await;
        assert_eq!(
            plain,
            said(document(StatusCode::OK, &json!({"success": false, "error": "Product not found"}))).await
        );
    }
}
