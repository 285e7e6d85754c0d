//! Chunked bodies: the same payload, end and error in any pieces, and nothing of another message.

use shipshape_sidecar::wire::Fields;
use shipshape_sidecar::wire::codec::{Decoded, Decoder, Framing, FramingError};

/// The first byte says how many of the next ones are lengths of pieces.
pub fn run(data: &[u8]) {
    let Some((&count, rest)) = data.split_first() else { return };
    let (pieces, bytes) = rest.split_at(usize::from(count % 8).min(rest.len()));
    let whole = decoded(bytes, &[]);
    assert_eq!(decoded(bytes, pieces), whole, "pieces changed the verdict");
    assert_eq!(decoded(bytes, &[1]), whole, "pieces of one byte changed the verdict");
    if let Ok(Some((_, _, length))) = &whole {
        assert_eq!(decoded(&bytes[..*length], &[]), whole, "the body ends where it said");
        assert_eq!(decoded(&bytes[..length - 1], &[]), Ok(None), "and not before");
    }
}

/// What a body came to; `None` where it did not end.
type Whole = Option<(Vec<u8>, Option<Fields>, usize)>;

fn decoded(input: &[u8], pieces: &[u8]) -> Result<Whole, FramingError> {
    let mut decoder = Decoder::new(Framing::Chunked);
    let (mut payload, mut at, mut piece) = (Vec::new(), 0, pieces.iter().cycle());
    while at < input.len() {
        let length = piece.next().map_or(input.len(), |length| usize::from(*length).max(1));
        let end = input.len().min(at + length);
        while at < end {
            match decoder.decode(&input[at..end])? {
                Decoded::Data { consumed, payload: range } => {
                    assert!(!range.is_empty() && range.end <= consumed && consumed <= end - at);
                    payload.extend_from_slice(&input[at..end][range]);
                    at += consumed;
                }
                Decoded::More { consumed } => {
                    assert_eq!(consumed, end - at, "more is asked for only when all was taken");
                    at = end;
                }
                Decoded::End { consumed, trailers } => {
                    assert!(decoder.is_done() && decoder.finish_at_eof().is_ok());
                    return Ok(Some((payload, trailers, at + consumed)));
                }
            }
        }
    }
    assert!(!decoder.is_done() && decoder.finish_at_eof().is_err());
    Ok(None)
}
