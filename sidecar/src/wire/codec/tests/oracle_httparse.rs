//! httparse as a judge: what we take, it takes with the same meaning; what we alone refuse has a written reason.

use crate::wire::codec::{Asked, HeadError, HeadLimits, ResponseError, parse_request, parse_response};
use crate::wire::{Fields, Version};

use super::samples::{LEGAL_REQUESTS, LEGAL_RESPONSES};
use super::splits::{all_requests, all_responses, mutated};

/// Why we refuse heads of requests that httparse takes.
fn why_stricter(error: HeadError) -> &'static str {
    match error {
        HeadError::Malformed(_) => {
            "it takes LF alone as a line's end, any number of empty lines before a request, blanks between a header's \
             end and LF, and lists of anything in Connection; it knows no longest method"
        }
        HeadError::TargetBytes => "it takes any visible and any 8-bit byte in a target, and # and broken escapes",
        HeadError::Target => "it does not know the forms of a target",
        HeadError::Method => "it does not know methods",
        HeadError::HostMissing | HeadError::HostInvalid => "it does not read Host",
        HeadError::Framing | HeadError::ContentLength => "it does not read framing",
        HeadError::Connection | HeadError::Expectation | HeadError::UpgradeInvalid | HeadError::UpgradeVersion => {
            "it does not read fields of the hop"
        }
        HeadError::Late
        | HeadError::Version
        | HeadError::TargetTooLong
        | HeadError::TooLarge
        | HeadError::TooManyFields
        | HeadError::Te => "no reason: it has the same rule, or the samples are too small for it",
    }
}

/// Why we refuse heads of answers that httparse takes.
fn why_stricter_on_answers(error: ResponseError) -> &'static str {
    match error {
        ResponseError::Malformed(_) => "it takes LF alone as a line's end, and lists of anything in Connection",
        ResponseError::Status(_) => "it takes any three digits as a status",
        ResponseError::Switch | ResponseError::Connection => "it does not read fields of the hop",
        ResponseError::Framing | ResponseError::ContentLength => "it does not read framing",
        ResponseError::TooLarge { .. } | ResponseError::TooManyFields { .. } => {
            "no reason: the samples are too small for it"
        }
    }
}

/// Whether each field of ours is among theirs, in their order.
fn are_among(ours: &Fields, theirs: &[httparse::Header<'_>]) -> bool {
    let mut theirs = theirs.iter();
    ours.iter()
        .all(|our| theirs.any(|other| other.name.as_bytes().eq_ignore_ascii_case(our.name) && other.value == our.value))
}

fn judge_request(bytes: &[u8]) -> Result<(), String> {
    let mut fields = [httparse::EMPTY_HEADER; 100];
    let mut theirs = httparse::Request::new(&mut fields);
    let verdict = theirs.parse(bytes);
    let shown = bytes.escape_ascii();
    match (parse_request(bytes, &HeadLimits::default(), false), verdict) {
        (Ok(Some(ours)), Ok(httparse::Status::Complete(length))) => {
            let version = if theirs.version == Some(0) { Version::Http10 } else { Version::Http11 };
            let is_same = ours.length == length
                && ours.head.version == version
                && theirs.method == Some(ours.head.method_name())
                && theirs.path.is_some_and(|path| path.ends_with(ours.head.target.raw().trim_start_matches('/')))
                && are_among(&ours.head.fields, theirs.headers);
            if is_same { Ok(()) } else { Err(format!("{shown}: read as {ours:?} and {theirs:?}")) }
        }
        (Ok(Some(ours)), other) => Err(format!("{shown}: we read {ours:?}, it says {other:?}")),
        (Ok(None), Ok(httparse::Status::Complete(_))) => Err(format!("{shown}: we wait, it reads {theirs:?}")),
        (Ok(None), Err(error)) => Err(format!("{shown}: we wait, it says {error:?}")),
        (Err(ours), Ok(_)) if why_stricter(ours).starts_with("no reason") => {
            Err(format!("{shown}: we refuse: {ours:?}"))
        }
        (Err(_), _) | (Ok(None), Ok(httparse::Status::Partial)) => Ok(()),
    }
}

fn judge_response(bytes: &[u8]) -> Result<(), String> {
    let mut fields = [httparse::EMPTY_HEADER; 100];
    let mut theirs = httparse::Response::new(&mut fields);
    let verdict = theirs.parse(bytes);
    let shown = bytes.escape_ascii();
    match (parse_response(bytes, &HeadLimits::default(), Asked::Other), verdict) {
        (Ok(Some(ours)), Ok(httparse::Status::Complete(length))) => {
            let is_same = ours.length == length
                && theirs.code == Some(ours.head.status)
                && are_among(&ours.head.fields, theirs.headers);
            if is_same { Ok(()) } else { Err(format!("{shown}: read as {ours:?} and {theirs:?}")) }
        }
        (Ok(Some(ours)), other) => Err(format!("{shown}: we read {ours:?}, it says {other:?}")),
        (Ok(None), Ok(httparse::Status::Complete(_))) => Err(format!("{shown}: we wait, it reads {theirs:?}")),
        (Ok(None), Err(error)) => Err(format!("{shown}: we wait, it says {error:?}")),
        (Err(ours), Ok(_)) if why_stricter_on_answers(ours).starts_with("no reason") => {
            Err(format!("{shown}: we refuse: {ours:?}"))
        }
        (Err(_), _) | (Ok(None), Ok(httparse::Status::Partial)) => Ok(()),
    }
}

#[test]
fn legal_heads_are_legal_to_both() {
    for text in LEGAL_REQUESTS {
        assert!(parse_request(text.as_bytes(), &HeadLimits::default(), false).is_ok());
        judge_request(text.as_bytes()).unwrap();
    }
    for text in LEGAL_RESPONSES {
        judge_response(text.as_bytes()).unwrap();
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(4000))]

    #[test]
    fn spoilt_requests_are_judged_alike_or_for_a_reason(bytes in mutated(all_requests())) {
        judge_request(&bytes).map_err(proptest::test_runner::TestCaseError::fail)?;
    }

    #[test]
    fn spoilt_answers_are_judged_alike_or_for_a_reason(bytes in mutated(all_responses())) {
        judge_response(&bytes).map_err(proptest::test_runner::TestCaseError::fail)?;
    }
}
