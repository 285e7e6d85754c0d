//! The requests that show what stands in front of an app, and the answer that each must get.

use super::client::{Ask, Payload};

/// A body that is larger than the policy allows, in bytes.
const TOO_LARGE: usize = 2 << 20;

/// A key as whoever asks holds it.
#[derive(Debug, Clone, Copy)]
pub struct Credential<'a> {
    /// The field that carries it.
    pub header: &'a str,
    /// The key.
    pub key: &'a str,
}

/// One request, and what must come of it.
#[derive(Debug, Clone)]
pub struct Case<'a> {
    /// The request as it is shown.
    pub shown: String,
    /// What is special about it.
    pub what: &'static str,
    /// The request.
    pub ask: Ask<'a>,
    /// The status that must come.
    pub status: u16,
    /// The problem's code that must come; empty where there is no problem.
    pub code: &'static str,
}

/// Everything that is asked over TLS, in order; the limit comes after.
#[must_use]
pub fn cases<'a>(credential: Credential<'a>, query: &'a str) -> Vec<Case<'a>> {
    let Credential { header, key } = credential;
    let with = |value: &str| vec![(header, value.to_owned())];
    let get = |headers| Ask { method: "GET", path: "/hello", headers, body: Payload::None };
    let post = |body| Ask { method: "POST", path: "/echo", headers: with(key), body };
    let case = |shown: String, what, ask, status, code| Case { shown, what, ask, status, code };
    let in_query = Ask { method: "GET", path: query, headers: Vec::new(), body: Payload::None };
    vec![
        case("GET  /hello".to_owned(), "no key", get(Vec::new()), 401, "API_KEY_MISSING"),
        case(format!("GET  /hello   {header}: wrong"), "wrong key", get(with("wrong")), 401, "API_KEY_INVALID"),
        case(format!("GET  /hello   {header}: ship_…"), "right key", get(with(key)), 200, ""),
        case("GET  /hello?api_key=ship_…".to_owned(), "key in query", in_query, 401, "API_KEY_IN_QUERY"),
        case("POST /echo    2 MiB".to_owned(), "declared", post(Payload::Declared(TOO_LARGE)), 413, "BODY_TOO_LARGE"),
        case(
            "POST /echo    2 MiB, chunked".to_owned(),
            "undeclared",
            post(Payload::Chunked(TOO_LARGE)),
            413,
            "BODY_TOO_LARGE",
        ),
    ]
}
