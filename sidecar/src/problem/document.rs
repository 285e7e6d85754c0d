//! A refusal with what the client may know and what only the log may: RFC 9457.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;

use super::code::Code;
use crate::json::JsonObject;
use crate::wire::{Fields, ResponseHead};

/// The media type of a problem document.
const PROBLEM_JSON: &str = "application/problem+json";

/// A refusal. `detail` is public and tells the caller what to do; `field` and `private` stand in the log only.
#[derive(Debug, Clone)]
pub struct Problem {
    code: Code,
    detail: Cow<'static, str>,
    field: Option<Arc<str>>,
    private: Option<Cow<'static, str>>,
    violated: Vec<Arc<str>>,
    /// Boxed: most problems have none, and every phase's outcome carries this.
    fields: Option<Box<Fields>>,
}

impl Problem {
    /// A refusal with its public text.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        let (violated, fields) = (Vec::new(), None);
        Self { code, detail: detail.into(), field: None, private: None, violated, fields }
    }

    /// Names the field of the policy that caused it, such as `spec.policy.rateLimits[per-client]`; log only.
    #[must_use]
    pub fn caused_by(mut self, field: &Arc<str>) -> Self {
        self.field = Some(Arc::clone(field));
        self
    }

    /// What an operator of the service may know beyond the public text; log only.
    #[must_use]
    pub fn privately(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.private = Some(text.into());
        self
    }

    /// Names a limit that is used up (`violated-policies`, draft-ietf-httpapi-ratelimit-headers).
    #[must_use]
    pub fn violating(mut self, limit: &Arc<str>) -> Self {
        self.violated.push(Arc::clone(limit));
        self
    }

    /// Names the limits that another refusal of the same request names.
    #[must_use]
    pub fn violating_too(mut self, other: &Self) -> Self {
        self.violated.extend(other.violated.iter().cloned());
        self
    }

    /// A field of the answer; `name` is in lower case.
    #[must_use]
    pub fn with_field(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Self {
        self.fields.get_or_insert_default().set(name, value);
        self
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// The field of the policy that caused it.
    #[must_use]
    pub fn field(&self) -> Option<&Arc<str>> {
        self.field.as_ref()
    }

    /// What only the log may say.
    #[must_use]
    pub fn private(&self) -> Option<&str> {
        self.private.as_deref()
    }

    /// The public text.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The answer, before it is dressed.
    #[must_use]
    pub fn into_answer(self, request_id: impl AsRef<[u8]>) -> (ResponseHead, Bytes) {
        let body = self.document(request_id.as_ref());
        // Room for what every answer gets, so that adding it moves nothing.
        let fields = self.fields.map_or_else(|| Fields::with_capacity(4, 512), |fields| *fields);
        let mut head = ResponseHead { status: self.code.status(), fields, content_length: None };
        head.fields.set("content-type", PROBLEM_JSON);
        head.fields.set("cache-control", "no-store");
        head.content_length = Some(body.len() as u64);
        (head, body)
    }

    fn document(&self, request_id: &[u8]) -> Bytes {
        let mut out = Vec::with_capacity(384);
        out.extend_from_slice(beginning(self.code));
        let mut object = JsonObject::resume(&mut out);
        object.text("detail", self.detail.as_bytes());
        if !self.violated.is_empty() {
            object.texts("violated-policies", self.violated.iter().map(|name| name.as_bytes()));
        }
        object.text("requestId", request_id);
        object.end();
        out.into()
    }
}

/// What every document of a code begins with, written once: a flood is answered with it.
fn beginning(code: Code) -> &'static [u8] {
    static BEGINNINGS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| Code::ALL.iter().copied().map(begin).collect());
    BEGINNINGS.get(code.index()).map_or(br#"{"type":"about:blank""#, Vec::as_slice)
}

fn begin(code: Code) -> Vec<u8> {
    let mut out = Vec::new();
    let mut object = JsonObject::begin(&mut out);
    object.text("type", code.type_uri());
    object.text("title", code.title());
    object.number("status", u64::from(code.status()));
    object.text("code", code.as_str());
    out
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_document_says_what_the_screen_in_the_docs_says() {
        let problem = Problem::new(Code::RateLimited, "30 requests per minute are allowed. Try again in 2 s.")
            .caused_by(&"spec.policy.rateLimits[per-client]".into())
            .privately("client 203.0.113.7")
            .violating(&"per-client".into())
            .with_field("retry-after", "2");
        let (head, body) = problem.into_answer("01JC");
        let read: Value = serde_json::from_slice(&body).unwrap();
        let expected = json!({
            "type": "https://iana.org/assignments/http-problem-types#quota-exceeded",
            "title": "Too many requests", "status": 429, "code": "RATE_LIMITED",
            "detail": "30 requests per minute are allowed. Try again in 2 s.",
            "violated-policies": ["per-client"], "requestId": "01JC"});
        assert_eq!(read, expected);
        assert_eq!((head.status, head.fields.text("retry-after")), (429, Some("2")));
        assert_eq!(head.fields.text("content-type"), Some("application/problem+json"));
        assert_eq!(head.content_length, Some(body.len() as u64));
    }
}
