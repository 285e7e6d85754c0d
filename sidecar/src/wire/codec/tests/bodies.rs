//! Chunked bodies: what is payload, what is dropped, and what is broken.

use crate::wire::Fields;
use crate::wire::codec::{Decoded, Decoder, Framing, FramingError, write_chunk_head, write_last_chunk};

/// What a body came to: payload, trailers, and how many bytes it had.
pub(super) type Whole = (Vec<u8>, Option<Fields>, usize);

/// Reads a chunked body in pieces of the given lengths, over and over; `None` where it did not end.
pub(super) fn decoded(input: &[u8], pieces: &[usize]) -> Result<Option<Whole>, FramingError> {
    let mut decoder = Decoder::new(Framing::Chunked);
    let (mut payload, mut at, mut piece) = (Vec::new(), 0, pieces.iter().cycle());
    while at < input.len() {
        let end = input.len().min(at + piece.next().copied().unwrap_or(usize::MAX - at).max(1));
        while at < end {
            match decoder.decode(&input[at..end])? {
                Decoded::Data { consumed, payload: range } => {
                    assert!(!range.is_empty() && range.end <= consumed, "payload lies in what was consumed");
                    payload.extend_from_slice(&input[at..end][range]);
                    at += consumed;
                }
                Decoded::More { consumed } => {
                    assert_eq!(consumed, end - at, "more is asked for only when all was taken");
                    at += consumed;
                }
                Decoded::End { consumed, trailers } => {
                    assert!(decoder.is_done() && decoder.finish_at_eof().is_ok());
                    return Ok(Some((payload, trailers, at + consumed)));
                }
            }
        }
    }
    assert_eq!(decoder.finish_at_eof(), Err(FramingError::Truncated));
    Ok(None)
}

fn read(text: &str) -> Result<Option<(String, usize)>, FramingError> {
    let whole = decoded(text.as_bytes(), &[])?;
    assert_eq!(decoded(text.as_bytes(), &[1]), Ok(whole.clone()), "{text:?} byte by byte");
    Ok(whole.map(|(payload, trailers, length)| {
        assert_eq!(trailers, None);
        (String::from_utf8(payload).unwrap(), length)
    }))
}

#[test]
fn chunks_are_joined_and_what_follows_is_left() {
    for (text, payload, left) in [
        ("0\r\n\r\n", "", ""),
        ("5\r\nhello\r\n0\r\n\r\n", "hello", "GET / HTTP/1.1"),
        ("5\r\nhello\r\n6\r\n world\r\n000\r\n\r\n", "hello world", "\r\n"),
        ("5;a=b\r\nhello\r\n0;c=\"d\"\r\n\r\n", "hello", ""),
        ("2\r\n\r\n\r\n0\r\n\r\n", "\r\n", "0\r\n\r\n"),
    ] {
        assert_eq!(read(&format!("{text}{left}")), Ok(Some((payload.into(), text.len()))), "{text:?}");
    }
}

#[test]
fn a_body_that_breaks_off_is_never_whole() {
    let whole = "5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX: y\r\n\r\n";
    for end in 0..whole.len() {
        assert_eq!(decoded(&whole.as_bytes()[..end], &[]), Ok(None), "{end}");
    }
    assert!(decoded(whole.as_bytes(), &[]).unwrap().is_some());
}

#[test]
fn broken_chunks_are_refused() {
    for text in [
        "\r\n",
        "x\r\n",
        "-1\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhell\r\n0\r\n\r\n",
        "5\r\nhelloo\r\n0\r\n\r\n",
        "5\r\nhello\r0\r\n\r\n",
        " 5\r\n",
        "5 \r\n",
        "5\t;a\r\n",
        "0\n\n",
        "0\r\n\n",
        "0\r\n\rx",
        "0 \r\n",
        "0x5\r\nhello\r\n",
        "5\r\n\r\nhello",
        "ffffffffffffffff\r\n",
        "5\r\nhello\r\n\r\n0\r\n\r\n",
        "\u{ff15}\r\nhello\r\n",
    ] {
        assert!(decoded(text.as_bytes(), &[]).is_err() && decoded(text.as_bytes(), &[1]).is_err(), "{text:?}");
    }
}

#[test]
fn trailers_that_speak_of_the_message_are_dropped() {
    let text = "0\r\nGrpc-Status: 0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nHost: b\r\nAuthorization: x\r\n\
                Cookie: x\r\nSet-Cookie: x\r\nX-Forwarded-For: 1.2.3.4\r\nX-Shipshape-Subject: root\r\nX-Request-Id: x\r\n\
                Content-Type: x\r\nConnection: close\r\nTrailer: x\r\nServer-Timing: a\r\n\r\n";
    for pieces in [&[][..], &[1], &[7]] {
        let (payload, trailers, length) = decoded(text.as_bytes(), pieces).unwrap().unwrap();
        let trailers = trailers.unwrap();
        assert_eq!((payload.len(), length, trailers.len()), (0, text.len(), 2));
        assert_eq!((trailers.text("grpc-status"), trailers.text("server-timing")), (Some("0"), Some("a")));
    }
    assert_eq!(decoded(b"0\r\nHost: b\r\n\r\n", &[]).unwrap().unwrap().1, None);
}

#[test]
fn broken_trailers_are_refused() {
    for line in
        ["X : y", " X: y", "X", ": y", "X: y\n", "X: a\0", "X: y\r\n z", "\u{e9}: y", "X: a\rb", "GET / HTTP/1.1"]
    {
        let text = format!("0\r\n{line}\r\n\r\n");
        for pieces in [&[][..], &[1], &[5]] {
            assert!(matches!(decoded(text.as_bytes(), pieces), Err(FramingError::Trailer(_))), "{line:?}");
        }
    }
}

#[test]
fn trailers_are_few_and_short() {
    let fields = |count: usize| format!("0\r\n{}\r\n", "X: y\r\n".repeat(count));
    let long = |length: usize| format!("0\r\nX: {}\r\n\r\n", "y".repeat(length - 7));
    for pieces in [&[][..], &[1], &[1000]] {
        assert!(decoded(fields(32).as_bytes(), pieces).unwrap().is_some());
        assert!(matches!(decoded(fields(33).as_bytes(), pieces), Err(FramingError::Trailers { .. })));
        assert!(decoded(long(8192).as_bytes(), pieces).unwrap().is_some());
        assert!(matches!(decoded(long(8193).as_bytes(), pieces), Err(FramingError::Trailers { .. })));
    }
}

proptest::proptest! {
    #[test]
    fn what_is_written_is_read_in_any_pieces(
        chunks in proptest::collection::vec(proptest::collection::vec(0_u8.., 1..300), 0..8),
        trailer in proptest::option::of("[ -~]{0,40}"),
        pieces in proptest::collection::vec(1_usize..64, 1..8),
    ) {
        let mut out = Vec::new();
        for chunk in &chunks {
            write_chunk_head(&mut out, chunk.len());
            out.extend_from_slice(chunk);
            out.extend_from_slice(b"\r\n");
        }
        let trailers = trailer.map(|value| {
            let mut fields = Fields::default();
            fields.append("x-trailer", value.trim_ascii());
            fields
        });
        write_last_chunk(&mut out, trailers.as_ref());
        let length = out.len();
        out.extend_from_slice(b"GET / HTTP/1.1\r\n");
        let whole = decoded(&out, &pieces);
        proptest::prop_assert_eq!(whole, Ok(Some((chunks.concat(), trailers, length))));
    }

    #[test]
    fn any_bytes_mean_the_same_in_any_pieces(
        text in proptest::collection::vec(proptest::sample::select(b"0125aF;=\"\\x: \t\r\n\r\n\r\n\x00\xff".to_vec()), 0..80),
        pieces in proptest::collection::vec(1_usize..9, 1..8),
    ) {
        proptest::prop_assert_eq!(decoded(&text, &pieces), decoded(&text, &[]));
    }
}
