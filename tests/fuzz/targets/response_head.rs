//! Heads of answers: one verdict however they are cut, and what is sent on means what was read.

use shipshape_sidecar::wire::codec::{
    Asked, Framing, HeadLimits, ParsedResponse, Persistence, Written, parse_response, write_hint, write_response,
};

/// The first two bytes choose limits, the request that was sent, and where the rest is cut.
pub fn run(data: &[u8]) {
    let [choice, cut, bytes @ ..] = data else { return };
    let asked = [Asked::Head, Asked::Upgrade, Asked::Other][usize::from(*choice) % 3];
    let limits = if choice & 128 == 0 { HeadLimits::default() } else { HeadLimits { bytes: 256, fields: 8 } };
    let whole = parse_response(bytes, &limits, asked);
    let (before, _) = bytes.split_at(bytes.len() * usize::from(*cut) / 256);
    let first = parse_response(before, &limits, asked);
    assert!(first == Ok(None) || first == whole, "a cut changed the verdict");
    if let Ok(Some(parsed)) = whole {
        judge(&bytes[..parsed.length], &parsed, asked);
    }
}

fn judge(head: &[u8], parsed: &ParsedResponse, asked: Asked) {
    assert!(head.ends_with(b"\r\n\r\n"), "a head ends with an empty line");
    assert!(!parsed.switches || asked == Asked::Upgrade, "only what was asked for is switched to");
    assert!(parsed.framing != Framing::UntilClose || !parsed.keep_alive, "nothing follows a body until the end");
    let is_empty = asked == Asked::Head || matches!(parsed.head.status, 100..200 | 204 | 304);
    assert!(!is_empty || parsed.framing == Framing::None, "there is no body");
    let mut out = Vec::new();
    if parsed.head.status < 200 && !parsed.switches {
        write_hint(&mut out, &parsed.head);
    } else {
        let persistence = Persistence::Implied;
        let how = Written { framing: parsed.framing, persistence, date: b"now", switches: parsed.switches };
        write_response(&mut out, &parsed.head, how);
    }
    let roomy = HeadLimits { bytes: out.len() + 1, fields: 2000 };
    let again = parse_response(&out, &roomy, asked).expect("what is sent on is legal").expect("and whole");
    assert_eq!((again.length, again.framing, again.switches), (out.len(), parsed.framing, parsed.switches));
    assert_eq!((again.head.status, again.head.content_length), (parsed.head.status, parsed.head.content_length));
    let mut expected = parsed.head.fields.clone();
    if !expected.has("date") && parsed.head.status >= 200 {
        expected.append("date", "now");
    }
    assert_eq!(again.head.fields, expected);
}
