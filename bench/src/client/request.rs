//! A request, as either protocol sends it; put into bytes before anything is measured.

use anyhow::{Context, Result};
use bytes::Bytes;
use http::{HeaderName, HeaderValue};

/// The host that every request names.
const HOST: &str = "bench.example";

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    method: &'static str,
    target: &'static str,
    fields: Vec<(&'static str, String)>,
    body: Option<usize>,
}

impl Request {
    /// A GET without a body.
    #[must_use]
    pub fn get(target: &'static str) -> Self {
        let fields = [("Accept", "application/json"), ("User-Agent", "shipshape-bench")];
        let fields = fields.map(|(name, value)| (name, value.to_owned())).to_vec();
        Self { method: "GET", target, fields, body: None }
    }

    /// A POST with a body of so many bytes.
    #[must_use]
    pub fn post(target: &'static str, bytes: usize) -> Self {
        let get = Self::get(target);
        Self { method: "POST", body: Some(bytes), ..get }.with("Content-Type", "application/octet-stream")
    }

    /// The same with one field more.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// Its target.
    #[must_use]
    pub fn target(&self) -> &'static str {
        self.target
    }

    /// Method and target, for people.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }

    /// Head and body as HTTP/1.1 has them (RFC 9112).
    #[must_use]
    pub fn http1(&self) -> Vec<u8> {
        let mut whole = self.head();
        whole.extend(std::iter::repeat_n(b'x', self.body.unwrap_or(0)));
        whole
    }

    /// The head alone.
    #[must_use]
    pub fn head(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\nHost: {HOST}\r\n", self.method, self.target);
        for (name, value) in &self.fields {
            head.extend([*name, ": ", value, "\r\n"]);
        }
        if let Some(bytes) = self.body {
            head.extend(["Content-Length: ", &bytes.to_string(), "\r\n"]);
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    /// The same for HTTP/2 (RFC 9113). Credentials are not remembered by the header compression, as by browsers: each
    /// request carries them whole.
    ///
    /// # Errors
    /// When a field is not one of HTTP.
    pub fn http2(&self) -> Result<http::Request<Bytes>> {
        let mut request = http::Request::builder().method(self.method).uri(format!("https://{HOST}{}", self.target));
        for (name, value) in &self.fields {
            let mut value: HeaderValue = value.parse().with_context(|| format!("{name} cannot be sent"))?;
            value.set_sensitive(matches!(*name, "Authorization" | "X-API-Key"));
            request = request.header(HeaderName::from_bytes(name.as_bytes())?, value);
        }
        Ok(request.body(Bytes::from(vec![b'x'; self.body.unwrap_or(0)]))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_protocols_say_the_same() {
        let request = Request::post("/big", 3).with("X-API-Key", "secret");
        let text = String::from_utf8(request.http1()).unwrap();
        assert!(text.starts_with("POST /big HTTP/1.1\r\nHost: bench.example\r\n"), "{text}");
        assert!(text.contains("\r\nX-API-Key: secret\r\n") && text.ends_with("Content-Length: 3\r\n\r\nxxx"), "{text}");
        let request = request.http2().unwrap();
        assert_eq!((request.method().as_str(), request.uri().path(), request.body().len()), ("POST", "/big", 3));
        assert!(request.headers()["x-api-key"].is_sensitive());
        assert!(!Request::get("/").http1().windows(14).any(|bytes| bytes == b"Content-Length"));
    }
}
