//! However the bytes of a head are cut on their way, the verdict is the same, and a wrong byte is told when it comes.

use crate::wire::codec::{Asked, HeadLimits, parse_request, parse_response};

use super::samples::{BROKEN_RESPONSES, LEGAL_REQUESTS, LEGAL_RESPONSES, broken_requests};

/// Small, so that limits are met too.
const LIMITS: HeadLimits = HeadLimits { bytes: 300, fields: 4 };

/// The verdict on the whole is the first one that any prefix gives; before it there is none.
fn judge<T: PartialEq + std::fmt::Debug, E: PartialEq + std::fmt::Debug>(
    bytes: &[u8],
    parse: impl Fn(&[u8]) -> Result<Option<T>, E>,
) -> Result<(), String> {
    let whole = parse(bytes);
    let first = (0..=bytes.len()).map(|end| parse(&bytes[..end])).find(|verdict| !matches!(verdict, Ok(None)));
    let first = first.unwrap_or(Ok(None));
    if first == whole { Ok(()) } else { Err(format!("{}: {first:?}, then {whole:?}", bytes.escape_ascii())) }
}

fn judge_request(bytes: &[u8]) -> Result<(), String> {
    judge(bytes, |bytes| parse_request(bytes, &LIMITS, false))?;
    judge(bytes, |bytes| parse_request(bytes, &HeadLimits::default(), true))
}

fn judge_response(bytes: &[u8]) -> Result<(), String> {
    judge(bytes, |bytes| parse_response(bytes, &LIMITS, Asked::Upgrade))?;
    judge(bytes, |bytes| parse_response(bytes, &HeadLimits::default(), Asked::Other))
}

#[test]
fn samples_cut_anywhere_get_one_verdict() {
    for text in LEGAL_REQUESTS {
        judge_request(text.as_bytes()).unwrap();
    }
    for (bytes, _) in broken_requests() {
        judge_request(&bytes).unwrap();
    }
    for text in LEGAL_RESPONSES.iter().chain(&BROKEN_RESPONSES) {
        judge_response(text.as_bytes()).unwrap();
    }
}

#[test]
fn heads_beyond_their_limits_cut_anywhere_get_one_verdict() {
    let long = "x".repeat(400);
    for text in [
        format!("GET /{long} HTTP/1.1\r\n"),
        format!("GET / HTTP/1.1\r\nHost: a\r\nX: {long}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(20)),
        format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n\0", "X: y\r\n".repeat(100)),
        format!("GET / HTTP/1.1\r\nHost: a\r\n{long}\0: x\r\n\r\n"),
    ] {
        judge_request(text.as_bytes()).unwrap();
        let answer = text.replace("GET / HTTP/1.1", "HTTP/1.1 200 OK");
        judge_response(answer.as_bytes()).unwrap();
    }
}

/// A sample with some bytes replaced, put in or taken out.
pub(super) fn mutated(samples: Vec<Vec<u8>>) -> impl proptest::strategy::Strategy<Value = Vec<u8>> {
    use proptest::prelude::*;
    let byte = prop_oneof![
        3 => proptest::sample::select(b" \t\r\n\0:;,=\"/?#%@\\a1A\x7f\x80\xff-_".to_vec()),
        1 => 0_u8..,
    ];
    let change = (any::<proptest::sample::Index>(), byte, 0..3_u8);
    (proptest::sample::select(samples), proptest::collection::vec(change, 0..4)).prop_map(|(mut bytes, changes)| {
        for (at, byte, kind) in changes {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
            if bytes.is_empty() {
                bytes.push(byte);
            }
        }
        bytes
    })
}

/// All samples of requests as bytes.
pub(super) fn all_requests() -> Vec<Vec<u8>> {
    let legal = LEGAL_REQUESTS.iter().map(|text| text.as_bytes().to_vec());
    legal.chain(broken_requests().into_iter().map(|(bytes, _)| bytes)).collect()
}

/// All samples of answers as bytes.
pub(super) fn all_responses() -> Vec<Vec<u8>> {
    LEGAL_RESPONSES.iter().chain(&BROKEN_RESPONSES).map(|text| text.as_bytes().to_vec()).collect()
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(1000))]

    #[test]
    fn spoilt_requests_cut_anywhere_get_one_verdict(bytes in mutated(all_requests())) {
        judge_request(&bytes).map_err(proptest::test_runner::TestCaseError::fail)?;
    }

    #[test]
    fn spoilt_answers_cut_anywhere_get_one_verdict(bytes in mutated(all_responses())) {
        judge_response(&bytes).map_err(proptest::test_runner::TestCaseError::fail)?;
    }
}
