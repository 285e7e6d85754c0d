//! The routes of the friendly app.

use std::collections::BTreeMap;
use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::json;

use super::seen::Seen;
use crate::answer::{Body, json, made_up, passed_on, text, whole, with_type};
use crate::query::number;
use crate::server::App;

/// The longest wait of `/slow`, in milliseconds.
const LONGEST_WAIT: u64 = 60_000;
/// The largest body that `/echo` takes.
const LARGEST_ECHO: usize = 16 << 20;
/// The largest body of `/bytes`.
const MOST_BYTES: u64 = 100_000_000;
/// What a careless app shows to the world.
const STACK_TRACE: &str = "Error: cannot read properties of undefined (reading 'price')
    at getPrice (/app/src/prices.js:42:17)
    at Layer.handle (/app/node_modules/express/lib/router/layer.js:95:5)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)
";

/// The friendly app.
#[derive(Debug)]
pub struct Hello {
    hostname: String,
    seen: Seen,
}

impl Hello {
    /// An app that greets in this host's name.
    #[must_use]
    pub fn new(hostname: String) -> Self {
        Self { hostname, seen: Seen::default() }
    }

    fn metrics(&self) -> String {
        let requests: u64 = self.seen.by_path().values().sum();
        format!("# TYPE example_app_requests_total counter\nexample_app_requests_total {requests}\n")
    }
}

impl App for Hello {
    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let path = request.uri().path();
        self.seen.count(path);
        let Some(methods) = methods(path) else {
            return text(StatusCode::NOT_FOUND, "nothing here: try /hello\n");
        };
        if !methods.contains(request.method()) {
            return not_allowed(methods);
        }
        let query = request.uri().query();
        match path {
            "/echo" => echo(request).await,
            "/stream" => stream(request),
            "/headers" => json(StatusCode::OK, &as_received(&request)),
            "/slow" => slow(query).await,
            "/bytes" => bytes(query),
            "/count" => json(StatusCode::OK, &self.seen.by_path()),
            "/fail" => text(StatusCode::INTERNAL_SERVER_ERROR, STACK_TRACE),
            "/metrics" => text(StatusCode::OK, self.metrics()),
            "/hello" => text(StatusCode::OK, format!("hello from {}\n", self.hostname)),
            _ => text(StatusCode::OK, "ok\n"),
        }
    }
}

/// The methods of a path, none for an unknown one.
fn methods(path: &str) -> Option<&'static [Method]> {
    match path {
        "/echo" | "/stream" => Some(&[Method::POST]),
        "/hello" | "/headers" | "/slow" | "/bytes" | "/count" | "/fail" | "/metrics" => {
            Some(&[Method::GET, Method::HEAD])
        }
        "/health/live" | "/health/ready" => Some(&[Method::GET, Method::HEAD]),
        _ => None,
    }
}

fn not_allowed(methods: &[Method]) -> Response<Body> {
    let allowed = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, format!("use {allowed}\n"));
    if let Ok(value) = HeaderValue::from_str(&allowed) {
        answer.headers_mut().insert(ALLOW, value);
    }
    answer
}

/// Reads everything before it answers, as most apps do: an answer that has begun cannot become a refusal any more.
async fn echo(request: Request<Incoming>) -> Response<Body> {
    let (head, body) = request.into_parts();
    match Limited::new(body, LARGEST_ECHO).collect().await {
        Ok(body) => same_type(head.headers.get(CONTENT_TYPE), whole(body.to_bytes())),
        Err(_) => text(StatusCode::PAYLOAD_TOO_LARGE, "the body broke off, or is larger than 16 MiB\n"),
    }
}

/// Sends the body back while it arrives.
fn stream(request: Request<Incoming>) -> Response<Body> {
    let (head, body) = request.into_parts();
    same_type(head.headers.get(CONTENT_TYPE), passed_on(body))
}

fn same_type(media_type: Option<&HeaderValue>, body: Body) -> Response<Body> {
    let mut answer = with_type(StatusCode::OK, "application/octet-stream", body);
    if let Some(media_type) = media_type {
        answer.headers_mut().insert(CONTENT_TYPE, media_type.clone());
    }
    answer
}

fn as_received(request: &Request<Incoming>) -> serde_json::Value {
    json!({
        "method": request.method().as_str(),
        "target": request.uri().to_string(),
        "headers": by_name(request.headers()),
    })
}

fn by_name(headers: &HeaderMap) -> BTreeMap<&str, Vec<String>> {
    let mut names: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, value) in headers {
        names.entry(name.as_str()).or_default().push(String::from_utf8_lossy(value.as_bytes()).into_owned());
    }
    names
}

async fn slow(query: Option<&str>) -> Response<Body> {
    match number(query, "ms", LONGEST_WAIT) {
        Ok(milliseconds) => {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            text(StatusCode::OK, format!("waited {milliseconds} ms\n"))
        }
        Err(remedy) => text(StatusCode::BAD_REQUEST, remedy),
    }
}

fn bytes(query: Option<&str>) -> Response<Body> {
    match number(query, "n", MOST_BYTES) {
        Ok(length) => with_type(StatusCode::OK, "application/octet-stream", made_up(length)),
        Err(remedy) => text(StatusCode::BAD_REQUEST, remedy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_has_methods_and_nothing_else_has() {
        assert_eq!(methods("/echo"), Some([Method::POST].as_slice()));
        for path in ["/hello", "/health/live", "/health/ready", "/metrics"] {
            assert!(methods(path).is_some_and(|methods| methods.contains(&Method::HEAD)), "{path}");
        }
        assert_eq!(methods("/"), None);
    }

    #[test]
    fn repeated_headers_are_all_shown_in_order() {
        let mut headers = HeaderMap::new();
        headers.append("x-forwarded-for", HeaderValue::from_static("1.1.1.1"));
        headers.append("x-forwarded-for", HeaderValue::from_static("2.2.2.2"));
        assert_eq!(by_name(&headers).get("x-forwarded-for").unwrap(), &["1.1.1.1", "2.2.2.2"]);
    }
}
