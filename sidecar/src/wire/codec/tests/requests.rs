//! Requests that no two readers read alike are refused, each in the words that its sender needs.

use crate::wire::codec::{HeadError, HeadLimits, parse_request};

use super::samples::{BROKEN_FIELDS, broken_requests, same};

fn refused(bytes: &[u8]) -> Option<HeadError> {
    parse_request(bytes, &HeadLimits::default(), false).err()
}

#[test]
fn what_is_ambiguous_is_refused() {
    for (bytes, expected) in broken_requests() {
        let error = refused(&bytes);
        assert!(
            error.is_some_and(|error| same(error, expected)),
            "{} gave {error:?} and not {expected:?}",
            bytes.escape_ascii()
        );
    }
}

#[test]
fn what_is_ambiguous_is_refused_among_many_fields_and_in_any_case() {
    let many: String = (0..20).map(|number| format!("X-{number}: some value of some length\r\n")).collect();
    for (field, expected) in BROKEN_FIELDS {
        for spelled in [field.to_owned(), field.to_ascii_uppercase(), field.to_ascii_lowercase()] {
            let text = format!("POST / HTTP/1.1\r\n{many}Host: a\r\n{spelled}\r\n{many}\r\n");
            let error = refused(text.as_bytes());
            assert!(error.is_some_and(|error| same(error, expected)), "{spelled:?} gave {error:?}");
        }
    }
}

#[test]
fn old_requests_have_no_transfer_coding_and_may_lack_a_host() {
    let with = |fields: &str| refused(format!("POST / HTTP/1.0\r\n{fields}\r\n").as_bytes());
    assert_eq!(with("Transfer-Encoding: chunked\r\n"), Some(HeadError::Framing));
    assert_eq!(with("Transfer-Encoding: chunked\r\nHost: a\r\n"), Some(HeadError::Framing));
    assert_eq!(with(""), None);
    assert_eq!(refused(b"GET / HTTP/1.1\r\n\r\n"), Some(HeadError::HostMissing));
    assert_eq!(refused(b"GET http://a/ HTTP/1.1\r\n\r\n"), Some(HeadError::HostMissing));
    assert_eq!(refused(b"GET http://a/ HTTP/1.0\r\nHost: b\r\n\r\n"), Some(HeadError::HostInvalid));
}

#[test]
fn a_host_is_a_host() {
    let too_long = format!("a{}", ":".repeat(50));
    for host in [
        "", "a b", "a,b", "a/b", "a:b", "a:99999", "a:1:2", "u@a", "http://a", "[::1", "::1", "a\\b", "a?b", "a#b",
        "\u{e9}", "a%20b", "[v1.a]", "*", "a;b", "(a)", &too_long,
    ] {
        let text = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert_eq!(refused(text.as_bytes()), Some(HeadError::HostInvalid), "{host:?}");
    }
}

#[test]
fn other_protocols_are_told_at_once() {
    let tls: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    let redis: &[u8] = b"*1\r\n$4\r\nPING\r\n";
    let others: [&[u8]; 8] = [
        tls,
        redis,
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
        b"\r\n\r\n\x00\r\nQUIT\n",
        b"\0\0\0\x08\x04\xd2\x16\x2f",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"{\"jsonrpc\": \"2.0\"}",
    ];
    for bytes in others {
        assert!(refused(bytes).is_some(), "{}", bytes.escape_ascii());
    }
}

#[test]
fn sizes_are_bounded_each_in_its_own_words() {
    let limits = HeadLimits { bytes: 1000, fields: 5 };
    let read = |text: String| parse_request(text.as_bytes(), &limits, false);
    let with_target = |length: usize| format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(length));
    // "GET /", " HTTP/1.1" and the line's end.
    assert!(matches!(read(with_target(500 - 16)), Ok(Some(_))));
    assert_eq!(read(with_target(501 - 16)), Err(HeadError::TargetTooLong));
    assert_eq!(read("A".repeat(32) + " /" + &"a".repeat(466)), Err(HeadError::TargetTooLong));
    let with_value = |length: usize| format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "a".repeat(length));
    assert!(matches!(read(with_value(1000 - 32)), Ok(Some(parsed)) if parsed.length == 1000));
    assert_eq!(read(with_value(1001 - 32)), Err(HeadError::TooLarge));
    assert_eq!(read(with_value(10_000)), Err(HeadError::TooLarge));
    let with_fields = |count: usize| format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(count - 1));
    assert!(matches!(read(with_fields(5)), Ok(Some(_))));
    assert_eq!(read(with_fields(6)), Err(HeadError::TooManyFields));
}

#[test]
fn a_websocket_is_asked_for_properly_or_not_at_all() {
    let ask = |method: &str, fields: &str| {
        let text =
            format!("{method} / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\n{fields}\r\n");
        parse_request(text.as_bytes(), &HeadLimits::default(), false)
            .map(|parsed| parsed.unwrap().head.upgrade.is_some())
    };
    let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let version = "Sec-WebSocket-Version: 13\r\n";
    assert_eq!(ask("GET", &format!("{key}{version}")), Ok(true));
    assert_eq!(ask("GET", &format!("{key}{version}Content-Length: 0\r\n")), Ok(true));
    assert_eq!(ask("GET", key), Err(HeadError::UpgradeVersion));
    assert_eq!(ask("GET", &format!("{key}Sec-WebSocket-Version: 8\r\n")), Err(HeadError::UpgradeVersion));
    assert_eq!(ask("GET", version), Err(HeadError::UpgradeInvalid));
    assert_eq!(ask("GET", &format!("{key}{key}{version}")), Err(HeadError::UpgradeInvalid));
    assert_eq!(ask("POST", &format!("{key}{version}")), Err(HeadError::UpgradeInvalid));
    assert_eq!(ask("GET", &format!("{key}{version}Content-Length: 1\r\n")), Err(HeadError::UpgradeInvalid));
    assert_eq!(ask("GET", &format!("{key}{version}Transfer-Encoding: chunked\r\n")), Err(HeadError::UpgradeInvalid));
}

#[test]
fn every_refusal_says_what_to_do() {
    for (_, error) in broken_requests() {
        let text = error.to_string();
        assert!(text.ends_with('.') && text.len() > 20 && !text.contains('\n'), "{text}");
    }
}
