//! Answers have one meaning, or the client is told 502.

use crate::wire::codec::{Asked, Framing, HeadLimits, ParsedResponse, ResponseError, parse_response};

use super::samples::{BROKEN_RESPONSES, LEGAL_RESPONSES};

fn read(text: &str, asked: Asked) -> Result<ParsedResponse, ResponseError> {
    parse_response(text.as_bytes(), &HeadLimits::default(), asked).map(|parsed| parsed.expect("a whole head"))
}

#[test]
fn what_is_ambiguous_is_no_answer() {
    for text in BROKEN_RESPONSES {
        for asked in [Asked::Head, Asked::Other] {
            let answer = parse_response(text.as_bytes(), &HeadLimits::default(), asked);
            assert!(answer.is_err(), "{text:?} gave {answer:?}");
        }
    }
}

#[test]
fn legal_answers_are_read_and_what_follows_them_is_left() {
    for text in LEGAL_RESPONSES {
        let parsed = read(text, Asked::Other).unwrap();
        assert_eq!(parsed.length, text.len(), "{text:?}");
        assert_eq!(read(&format!("{text}\0HTTP/1.1"), Asked::Other), Ok(parsed), "{text:?}");
    }
}

#[test]
fn the_body_is_told_by_request_status_and_fields() {
    let told = |text: &str, asked| {
        let parsed = read(text, asked).unwrap();
        (parsed.framing, parsed.head.content_length, parsed.keep_alive)
    };
    let [plain, sized, empty, chunked, old, old_closing, none, none_too, unchanged, ..] = LEGAL_RESPONSES;
    assert_eq!(told(plain, Asked::Other), (Framing::UntilClose, None, false));
    assert_eq!(told(plain, Asked::Head), (Framing::None, None, true));
    assert_eq!(told(sized, Asked::Other), (Framing::Length(5), Some(5), true));
    assert_eq!(told(sized, Asked::Head), (Framing::None, Some(5), true));
    assert_eq!(told(empty, Asked::Upgrade), (Framing::Length(0), Some(0), true));
    assert_eq!(told(chunked, Asked::Other), (Framing::Chunked, None, true));
    assert_eq!(told(chunked, Asked::Head), (Framing::None, None, true));
    assert_eq!(told(old, Asked::Other), (Framing::Length(5), Some(5), true));
    assert_eq!(told(old_closing, Asked::Other), (Framing::UntilClose, None, false));
    assert_eq!(told(none, Asked::Other), (Framing::None, None, true));
    assert_eq!(told(none_too, Asked::Other), (Framing::None, None, true));
    assert_eq!(told(unchanged, Asked::Other), (Framing::None, Some(500), true));
    assert_eq!(told("HTTP/1.1 304 x\r\nTransfer-Encoding: chunked\r\n\r\n", Asked::Other), (Framing::None, None, true));
}

#[test]
fn fields_of_the_hop_end_here() {
    let text = "HTTP/1.1 200 OK\r\nConnection: x-named\r\nX-Named: 1\r\nKeep-Alive: x\r\nProxy-Authenticate: x\r\n\
                Upgrade: h2c\r\nHost: b\r\nContent-Length: 1\r\nServer: x\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n";
    let fields = read(text, Asked::Other).unwrap().head.fields;
    assert_eq!((fields.len(), fields.text("server"), fields.all("set-cookie").count()), (3, Some("x"), 2));
    let framing_named = "HTTP/1.1 200 OK\r\nConnection: content-length\r\nContent-Length: 1\r\n\r\n";
    assert_eq!(read(framing_named, Asked::Other), Err(ResponseError::Connection));
}

#[test]
fn only_what_was_asked_for_is_switched_to() {
    let switch = |fields: &str, asked| {
        read(&format!("HTTP/1.1 101 Switching Protocols\r\n{fields}\r\n"), asked).map(|parsed| parsed.switches)
    };
    let both = "Connection: Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Accept: x\r\n";
    assert_eq!(switch(both, Asked::Upgrade), Ok(true));
    assert_eq!(switch(both, Asked::Other), Err(ResponseError::Switch));
    assert_eq!(switch(both, Asked::Head), Err(ResponseError::Switch));
    assert_eq!(switch("Connection: Upgrade\r\n", Asked::Upgrade), Err(ResponseError::Switch));
    assert_eq!(switch("Upgrade: websocket\r\n", Asked::Upgrade), Err(ResponseError::Switch));
    assert_eq!(switch("Connection: Upgrade\r\nUpgrade: h2c\r\n", Asked::Upgrade), Err(ResponseError::Switch));
    let with_body = format!("{both}Content-Length: 5\r\n");
    assert_eq!(switch(&with_body, Asked::Upgrade), Err(ResponseError::Framing));
    let refused = read("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", Asked::Upgrade).unwrap();
    assert!(!refused.switches && refused.keep_alive);
}

#[test]
fn sizes_are_bounded() {
    let limits = HeadLimits { bytes: 200, fields: 3 };
    let read = |text: &str| parse_response(text.as_bytes(), &limits, Asked::Other);
    let fields = |count: usize| format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(count));
    assert!(matches!(read(&fields(3)), Ok(Some(_))));
    assert_eq!(read(&fields(4)), Err(ResponseError::TooManyFields { limit: 3 }));
    let long = |length: usize| format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "y".repeat(length));
    assert!(matches!(read(&long(200 - 24)), Ok(Some(_))));
    assert_eq!(read(&long(201 - 24)), Err(ResponseError::TooLarge { limit: 200 }));
    assert_eq!(read(&format!("HTTP/1.1 200 {}", "x".repeat(200))), Err(ResponseError::TooLarge { limit: 200 }));
}
