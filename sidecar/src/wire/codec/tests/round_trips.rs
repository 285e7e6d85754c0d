//! What is written is read back as the same head, and what was read and written again stays the same.

use bytes::Bytes;
use proptest::prelude::*;

use crate::wire::codec::{
    Asked, Framing, HeadLimits, ParsedRequest, ParsedResponse, Persistence, Written, parse_request, parse_response,
    write_hint, write_request, write_response,
};
use crate::wire::{Fields, RequestHead, ResponseHead, Target, Upgrade, Version};

use super::samples::LEGAL_REQUESTS;
use super::splits::{all_requests, all_responses, mutated};

fn request(bytes: &[u8]) -> Option<ParsedRequest> {
    parse_request(bytes, &HeadLimits::default(), false).ok().flatten()
}

fn response(bytes: &[u8], asked: Asked) -> Option<ParsedResponse> {
    parse_response(bytes, &HeadLimits::default(), asked).ok().flatten()
}

fn rewritten(parsed: &ParsedRequest) -> Vec<u8> {
    let host = if parsed.head.authority.is_empty() { "none" } else { &parsed.head.authority };
    let mut out = Vec::new();
    write_request(&mut out, &parsed.head, host, parsed.framing);
    out
}

/// An empty host or HTTP/1.0 is not passed on: the app reads HTTP/1.1 with a host.
fn judge_request(parsed: &ParsedRequest) -> Result<(), TestCaseError> {
    let out = rewritten(parsed);
    let again = request(&out).ok_or_else(|| TestCaseError::fail(out.escape_ascii().to_string()))?;
    prop_assert_eq!(again.length, out.len());
    let has_none = |framing| matches!(framing, Framing::None | Framing::Length(0));
    prop_assert!(again.framing == parsed.framing || (has_none(again.framing) && has_none(parsed.framing)));
    let mut expected = RequestHead { version: Version::Http11, ..parsed.head.clone() };
    if expected.authority.is_empty() {
        "none".clone_into(&mut expected.authority);
    }
    prop_assert_eq!(&again.head, &expected);
    prop_assert!(again.keep_alive && !again.expects_continue);
    prop_assert_eq!(rewritten(&again), out);
    Ok(())
}

fn judge_response(parsed: &ParsedResponse, asked: Asked) -> Result<(), TestCaseError> {
    let how =
        Written { framing: parsed.framing, persistence: Persistence::Implied, date: b"now", switches: parsed.switches };
    let mut out = Vec::new();
    if parsed.head.status >= 200 || parsed.switches {
        write_response(&mut out, &parsed.head, how);
    } else {
        write_hint(&mut out, &parsed.head);
    }
    let again = response(&out, asked).ok_or_else(|| TestCaseError::fail(out.escape_ascii().to_string()))?;
    prop_assert_eq!((again.length, again.framing), (out.len(), parsed.framing));
    let mut expected = parsed.head.clone();
    if !expected.fields.has("date") && expected.status >= 200 {
        expected.fields.append("date", "now");
    }
    prop_assert_eq!(&again.head, &expected);
    prop_assert_eq!(again.switches, parsed.switches);
    Ok(())
}

#[test]
fn legal_requests_reach_the_app_as_they_were_understood() {
    for text in LEGAL_REQUESTS {
        judge_request(&request(text.as_bytes()).unwrap()).unwrap();
    }
}

fn fields() -> impl Strategy<Value = Fields> {
    let field = ("x-[a-z0-9_!#-]{0,12}", "([!-~\u{80}-\u{ff}]([\t -~]{0,30}[!-~])?)?");
    proptest::collection::vec(field, 0..12).prop_map(|pairs| {
        let mut fields = Fields::default();
        pairs.iter().for_each(|(name, value)| fields.append(name, value));
        fields
    })
}

prop_compose! {
    fn any_request()(
        (method, target) in ("GET|HEAD|POST|PUT|[A-Za-z#-]{0,31}!", "/[a-z0-9/._~!-]{0,20}(%[0-9a-f]{2})?([?][a-z&=|{}%]{0,20})?"),
        host in "[a-z0-9.-]{1,20}(:[1-9][0-9]{0,3})?",
        fields in fields(),
        framing in prop_oneof![Just(Framing::None), Just(Framing::Chunked), (0..1_u64 << 63).prop_map(Framing::Length)],
    ) -> ParsedRequest {
        let content_length = match framing {
            Framing::None => Some(0),
            Framing::Length(length) => Some(length),
            Framing::Chunked | Framing::UntilClose => None,
        };
        let head = RequestHead {
            method: Bytes::from(method),
            target: Target::new(target),
            authority: host,
            version: Version::Http2,
            fields,
            content_length,
            upgrade: None,
        };
        ParsedRequest { head, framing, keep_alive: true, expects_continue: false, length: 0 }
    }
}

prop_compose! {
    fn any_response()(
        status in 200_u16..600,
        fields in fields(),
        framing in prop_oneof![Just(Framing::Chunked), Just(Framing::UntilClose), (0..1_u64 << 63).prop_map(Framing::Length)],
    ) -> ParsedResponse {
        let framing = if matches!(status, 204 | 304) { Framing::None } else { framing };
        let content_length = if let Framing::Length(length) = framing { Some(length) } else { None };
        let head = ResponseHead { fields, content_length, ..ResponseHead::new(status) };
        ParsedResponse { head, framing, keep_alive: true, switches: false, length: 0 }
    }
}

proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(1000))]

    #[test]
    fn requests_are_read_as_they_were_written(parsed in any_request()) {
        judge_request(&parsed)?;
    }

    #[test]
    fn answers_are_read_as_they_were_written(parsed in any_response()) {
        judge_response(&parsed, Asked::Other)?;
    }

    #[test]
    fn spoilt_requests_that_are_served_are_passed_on_as_they_were_understood(bytes in mutated(all_requests())) {
        if let Some(parsed) = request(&bytes) {
            judge_request(&parsed)?;
        }
    }

    #[test]
    fn spoilt_answers_that_are_taken_are_passed_on_as_they_were_understood(bytes in mutated(all_responses())) {
        for asked in [Asked::Head, Asked::Upgrade, Asked::Other] {
            if let Some(parsed) = response(&bytes, asked) {
                judge_response(&parsed, asked)?;
            }
        }
    }
}

#[test]
fn a_websocket_is_passed_on_as_one() {
    let parsed = request(LEGAL_REQUESTS[19].as_bytes()).unwrap();
    let again = request(&rewritten(&parsed)).unwrap();
    assert_eq!(again.head.upgrade, Some(Upgrade::WebSocket));
}
