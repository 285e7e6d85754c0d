//! What a message says that its body is, as far as the wire and its users ask.

use super::fields::Fields;

/// Whether the content is of that media type, whatever its parameters (RFC 9110 section 8.3.1).
#[must_use]
pub fn has_media_type(fields: &Fields, media_type: &str) -> bool {
    let said = fields.get("content-type").unwrap_or_default();
    let (name, rest) = said.split_at_checked(media_type.len()).unwrap_or_default();
    // Most are told apart by their length or their first letters.
    name.eq_ignore_ascii_case(media_type.as_bytes()) && matches!(rest.trim_ascii_start().first(), None | Some(b';'))
}

/// Whether it is gRPC, in any of its encodings: `application/grpc`, `application/grpc+proto` and so on.
#[must_use]
pub fn is_grpc(fields: &Fields) -> bool {
    let said = fields.get("content-type").unwrap_or_default();
    let (name, rest) = said.split_at_checked(b"application/grpc".len()).unwrap_or_default();
    name.eq_ignore_ascii_case(b"application/grpc") && matches!(rest.first(), None | Some(b'+' | b';' | b' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(content_type: &str) -> Fields {
        let mut fields = Fields::default();
        fields.append("content-type", content_type);
        fields
    }

    #[test]
    fn parameters_and_case_make_no_difference() {
        for text in
            ["text/event-stream", "Text/Event-Stream; charset=utf-8", "text/event-stream ;a=b", "text/event-stream "]
        {
            assert!(has_media_type(&of(text), "text/event-stream"));
        }
        assert!(!has_media_type(&of("text/event-streams"), "text/event-stream"));
        assert!(!has_media_type(&Fields::default(), "text/event-stream"));
    }

    #[test]
    fn grpc_web_is_no_grpc() {
        for text in ["application/grpc", "application/grpc+proto", "APPLICATION/GRPC;x=y"] {
            assert!(is_grpc(&of(text)), "{text}");
        }
        for text in ["application/grpc-web", "application/json", "application/grp", ""] {
            assert!(!is_grpc(&of(text)), "{text}");
        }
    }
}
