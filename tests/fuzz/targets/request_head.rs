//! Heads of requests: one verdict however they are cut, and what is sent on means what was read.

use shipshape_sidecar::wire::Version;
use shipshape_sidecar::wire::codec::{HeadError, HeadLimits, ParsedRequest, parse_request, write_request};

/// The first two bytes choose limits and where the rest is cut.
pub fn run(data: &[u8]) {
    let [choice, cut, bytes @ ..] = data else { return };
    let is_tls = choice & 1 == 1;
    let limits = if choice & 2 == 0 { HeadLimits::default() } else { HeadLimits { bytes: 256, fields: 8 } };
    let whole = parse_request(bytes, &limits, is_tls);
    let (before, _) = bytes.split_at(bytes.len() * usize::from(*cut) / 256);
    judge_cut(&parse_request(before, &limits, is_tls), &whole);
    if let Ok(Some(parsed)) = whole {
        judge(bytes, &parsed);
    }
}

/// A verdict on the beginning is the verdict on all of it.
fn judge_cut(first: &Result<Option<ParsedRequest>, HeadError>, whole: &Result<Option<ParsedRequest>, HeadError>) {
    if !matches!(first, Ok(None)) {
        assert_eq!(first, whole, "a cut changed the verdict");
    }
}

fn judge(bytes: &[u8], parsed: &ParsedRequest) {
    let head = &bytes[..parsed.length];
    assert!(head.ends_with(b"\r\n\r\n"), "a head ends with an empty line");
    for name in ["host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "expect", "keep-alive"] {
        assert!(!parsed.head.fields.has(name), "{name} is told by the head itself");
    }
    let host = if parsed.head.authority.is_empty() { "none" } else { &parsed.head.authority };
    let mut out = Vec::new();
    write_request(&mut out, &parsed.head, host, parsed.framing);
    // Room for a length that the original had no field for, and lines that were written shorter.
    let roomy = HeadLimits { bytes: out.len() * 2 + 64, fields: 2000 };
    let again = parse_request(&out, &roomy, false).expect("what is sent on is legal").expect("and whole");
    assert_eq!(again.length, out.len(), "nothing is left behind the head");
    assert_eq!((&again.head.method, &again.head.target), (&parsed.head.method, &parsed.head.target));
    assert_eq!((&again.head.fields, again.head.upgrade), (&parsed.head.fields, parsed.head.upgrade));
    assert_eq!((again.head.content_length, again.head.version), (parsed.head.content_length, Version::Http11));
    assert_eq!(again.head.authority, host);
}
