//! Refusals as gRPC clients understand them: a status in fields, and no document.

use std::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::wire::{Fields, ResponseHead};

/// The client may try elsewhere.
pub const UNAVAILABLE: &str = "14";
/// The client waits no longer.
pub const DEADLINE_EXCEEDED: &str = "4";

/// What a message must not say plainly; what is not ASCII is encoded anyway.
const MESSAGE: &AsciiSet = &CONTROLS.add(b'%');

/// What ends a call whose answer has begun.
#[must_use]
pub fn trailers(status: &str, message: &str) -> Fields {
    let mut fields = Fields::default();
    fields.append("grpc-status", status);
    fields.append("grpc-message", utf8_percent_encode(message, MESSAGE).to_string());
    fields
}

/// Makes a refusal one of gRPC: its status goes into a field, and it has no body.
pub fn say(head: &mut ResponseHead, message: &str) {
    head.content_length = None;
    head.fields.set("content-type", "application/grpc");
    head.fields.set("grpc-status", status(head.status));
    head.fields.set("grpc-message", utf8_percent_encode(message, MESSAGE).to_string());
}

/// Says the rest, once the refusal is dressed: over HTTP every answer of gRPC is a 200, and whoever has to wait is told
/// for how long in gRPC's own words.
pub fn finish(head: &mut ResponseHead) {
    head.status = 200;
    let seconds = head.fields.text("retry-after").and_then(|seconds| seconds.parse::<u64>().ok());
    if let Some(seconds) = seconds {
        head.fields.set("grpc-retry-pushback-ms", seconds.saturating_mul(1000).to_string());
    }
}

/// How long the client of a gRPC call waits (`grpc-timeout`); `None` where it says nothing that can be read.
#[must_use]
pub fn timeout(fields: &Fields) -> Option<Duration> {
    let text = fields.text("grpc-timeout")?;
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let is_number = (1..=8).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = number.parse().ok().filter(|_| is_number)?;
    Some(match unit {
        "H" => Duration::from_secs(number * 3600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

/// The status of gRPC for one of HTTP: as gRPC's own table says for what others answer, but sizes and rates are
/// RESOURCE_EXHAUSTED, which is not retried unasked, and time that is over is DEADLINE_EXCEEDED.
fn status(http: u16) -> &'static str {
    match http {
        // CANCELLED
        499 => "1",
        408 | 504 => DEADLINE_EXCEEDED,
        // PERMISSION_DENIED
        403 => "7",
        // RESOURCE_EXHAUSTED
        413 | 414 | 429 | 431 => "8",
        // UNIMPLEMENTED
        404 | 405 | 421 | 501 | 505 => "12",
        // INTERNAL
        400 | 417 | 426 | 500 => "13",
        502 | 503 => UNAVAILABLE,
        // UNAUTHENTICATED
        401 => "16",
        // UNKNOWN
        _ => "2",
    }
}

#[cfg(test)]
mod tests {
    use super::super::code::Code;
    use super::*;

    #[test]
    fn a_refusal_is_said_in_fields() {
        let mut head = ResponseHead { content_length: Some(300), ..ResponseHead::new(429) };
        head.fields.append("content-type", "application/problem+json");
        head.fields.append("retry-after", "2");
        say(&mut head, "100 % used: \u{fc}ber\n");
        assert_eq!((head.status, head.content_length), (429, None), "what it is stays known until it is finished");
        finish(&mut head);
        let said = |name| head.fields.text(name);
        assert_eq!((head.status, said("content-type")), (200, Some("application/grpc")));
        assert_eq!(said("grpc-status"), Some("8"));
        assert_eq!(said("grpc-message"), Some("100 %25 used: %C3%BCber%0A"));
        assert_eq!(said("grpc-retry-pushback-ms"), Some("2000"));
    }

    #[test]
    fn no_refusal_is_unknown() {
        for code in Code::ALL {
            assert_ne!(status(code.status()), "2", "{code:?}");
        }
    }

    #[test]
    fn a_timeout_is_digits_and_a_unit() {
        let timeout = |text: &str| {
            let mut fields = Fields::default();
            fields.append("grpc-timeout", text);
            timeout(&fields)
        };
        assert_eq!(timeout("5S"), Some(Duration::from_secs(5)));
        assert_eq!(timeout("99999999H"), Some(Duration::from_secs(99_999_999 * 3600)));
        assert_eq!(timeout("2M"), Some(Duration::from_secs(120)));
        assert_eq!(timeout("250m"), Some(Duration::from_millis(250)));
        assert_eq!(timeout("7u"), Some(Duration::from_micros(7)));
        assert_eq!(timeout("1n"), Some(Duration::from_nanos(1)));
        for text in ["", "S", "5", "5s", "-5S", "+5S", "5.0S", "999999999S", "5 S", "\u{fc}", "5\u{fc}"] {
            assert_eq!(timeout(text), None, "{text}");
        }
        assert_eq!(super::timeout(&Fields::default()), None);
    }
}
