//! The header fields that the app receives: nobody but us says who calls and from where.

use std::net::IpAddr;

use bytes::Bytes;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::api_key::KnownKey;
use super::request_id;
use crate::address_text::AddressText;
use crate::wire::{Field, Fields};

/// Who calls; set for identified callers, never believed from outside.
const IDENTITY: &str = "x-shipshape-";

/// Fields that a proxy in front may say; from anybody else they are inventions. Those that follow the connection only
/// (RFC 9110 section 7.6.1) are gone when the wire hands a head over, but Keep-Alive and Proxy-* may be left.
const DROPPED: [&str; 16] = [
    "forwarded",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "x-cluster-client-ip",
    "x-forwarded",
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authorization",
    "proxy-authenticate",
    // Frameworks that honour these serve another path or method than the one that was judged.
    "x-original-url",
    "x-rewrite-url",
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
];

/// What all of these begin with.
const INITIALS: &[u8] = b"xfctkp";

/// What is above `~` or below a blank does not belong into a field; `%` is escaped so that it can be undone.
const FIELD_VALUE: &AsciiSet = &CONTROLS.add(b'%');

/// What the app is told about one request.
pub struct Told<'a> {
    /// The request's id.
    pub request_id: &'a Bytes,
    /// Who opened the connection.
    pub peer: IpAddr,
    /// Whether that is a trusted proxy.
    pub via_proxy: bool,
    /// Whether the client's side is encrypted.
    pub secure: bool,
    /// The host that was asked for.
    pub authority: &'a str,
    /// The caller, where one was identified.
    pub caller: Option<&'a KnownKey>,
    /// The field that carries the key, in lower case, where keys are read.
    pub key_field: Option<&'a str>,
}

/// Rewrites a request's fields for the app.
pub fn rewrite(fields: &mut Fields, told: &Told<'_>) {
    let before = told.via_proxy.then(|| joined(fields, "x-forwarded-for")).flatten();
    let host = fields.all("x-forwarded-host").last().filter(|_| told.via_proxy).map(<[u8]>::to_vec);
    fields.retain(|field| !is_dropped(field, told.key_field));
    let peer = AddressText::of(told.peer.to_canonical());
    match before {
        Some(before) => fields.append("x-forwarded-for", [before.as_bytes(), b", ", peer.as_bytes()].concat()),
        None => fields.append("x-forwarded-for", peer.as_bytes()),
    }
    fields.append("x-forwarded-proto", if told.secure { "https" } else { "http" });
    let host = host.as_deref().unwrap_or(told.authority.as_bytes());
    if !host.is_empty() {
        fields.append("x-forwarded-host", host);
    }
    fields.append(request_id::FIELD, told.request_id);
    if let Some(caller) = told.caller {
        fields.append("x-shipshape-subject", value(&caller.subject));
        fields.append("x-shipshape-key", value(&caller.id));
        fields.append("x-shipshape-scopes", value(&caller.scopes.join(" ")));
    }
}

/// Judged with `_` for `-` too: CGI, WSGI and PHP cannot tell them apart, so `X_Shipshape_Subject` is a forgery.
fn is_dropped(field: Field<'_>, key_field: Option<&str>) -> bool {
    let (first, is_key) = (field.name.first().copied().unwrap_or_default(), key_field.map(str::as_bytes));
    // Most fields are none of these by their first letter.
    if !INITIALS.contains(&first) && is_key.and_then(|name| name.first()) != Some(&first) {
        return false;
    }
    let same = |name: &str| {
        let fold = |byte: u8| if byte == b'_' { b'-' } else { byte };
        field.name.len() == name.len() && field.name.iter().zip(name.bytes()).all(|(a, b)| fold(*a) == fold(b))
    };
    let starts = |prefix: &str| {
        let start = field.name.get(..prefix.len()).unwrap_or_default();
        start.iter().zip(prefix.bytes()).filter(|(a, b)| **a == *b || (**a == b'_' && *b == b'-')).count()
            == prefix.len()
    };
    starts(IDENTITY)
        || starts("x-forwarded-")
        || same(request_id::FIELD)
        || key_field.is_some_and(same)
        || DROPPED.iter().any(|name| same(name))
}

fn joined(fields: &Fields, name: &str) -> Option<String> {
    let lines: Vec<_> = fields.all(name).map(|value| String::from_utf8_lossy(value)).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

/// Text of the configuration as a field's value: visible ASCII and blanks, the rest percent-encoded.
fn value(text: &str) -> Bytes {
    utf8_percent_encode(text.trim(), FIELD_VALUE).to_string().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{head, known_key};

    static ID: Bytes = Bytes::from_static(b"01JC");

    fn told<'a>(via_proxy: bool, caller: Option<&'a KnownKey>) -> Told<'a> {
        Told {
            request_id: &ID,
            peer: "203.0.113.7".parse().unwrap(),
            via_proxy,
            secure: true,
            authority: "shop.example",
            caller,
            key_field: Some("x-api-key"),
        }
    }

    #[test]
    fn nothing_that_a_client_claims_about_itself_reaches_the_app() {
        let forged = [
            ("x-shipshape-subject", "admin"),
            ("x_shipshape_subject", "admin"),
            ("x-shipshape_scopes", "admin"),
            ("x-shipshape-future", "x"),
            ("x-api-key", "ship_x"),
            ("x_api_key", "ship_x"),
            ("x-forwarded-for", "1.1.1.1"),
            ("x_forwarded_for", "1.1.1.1"),
            ("forwarded", "for=1.1.1.1"),
            ("x-real-ip", "1.1.1.1"),
            ("x-original-url", "/admin"),
            ("x-http-method-override", "DELETE"),
            ("x-request-id", "forged-id"),
            ("x-forwarded-prefix", "/x"),
            ("keep-alive", "1"),
        ];
        let mut fields = head("GET", "/", &forged).fields;
        fields.append("accept", "*/*");
        rewrite(&mut fields, &told(false, None));
        let left: Vec<_> =
            fields.iter().map(|f| format!("{}={}", f.name.escape_ascii(), f.value.escape_ascii())).collect();
        assert_eq!(
            left,
            [
                "accept=*/*",
                "x-forwarded-for=203.0.113.7",
                "x-forwarded-proto=https",
                "x-forwarded-host=shop.example",
                "x-request-id=01JC",
            ]
        );
    }

    #[test]
    fn every_name_that_is_dropped_is_looked_at() {
        let all = DROPPED.iter().copied().chain([IDENTITY, "x-forwarded-", request_id::FIELD]);
        assert!(all.into_iter().all(|name| INITIALS.contains(&name.as_bytes()[0])));
    }

    #[test]
    fn a_trusted_proxy_is_continued() {
        let mut fields =
            head("GET", "/", &[("x-forwarded-for", "198.51.100.1"), ("x-forwarded-host", "public.example")]).fields;
        rewrite(&mut fields, &told(true, None));
        assert_eq!(fields.text("x-forwarded-for"), Some("198.51.100.1, 203.0.113.7"));
        assert_eq!(fields.text("x-forwarded-host"), Some("public.example"));
    }

    #[test]
    fn the_caller_is_told_in_words_that_cannot_break_out() {
        let mut caller = known_key("dev", &["read", "write"]);
        caller.subject = "Zoë\r\nx-evil: 1 100%".into();
        let mut fields = Fields::default();
        rewrite(&mut fields, &told(false, Some(&caller)));
        assert_eq!(fields.text("x-shipshape-subject"), Some("Zo%C3%AB%0D%0Ax-evil: 1 100%25"));
        assert_eq!(fields.text("x-shipshape-scopes"), Some("read write"));
        assert_eq!(fields.text("x-shipshape-key"), Some("dev"));
    }
}
