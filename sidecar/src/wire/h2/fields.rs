//! Fields on their way into HTTP/2: names known by heart, values that share one block.

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::wire::fields::Fields;

/// Fields that HTTP/2 has no place for (RFC 9113 section 8.2.2), and the length, which is said anew.
const NOT_SENT: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
    "content-length",
    "te",
];
/// Fields that differ with every message: they would only push others out of the compression's table.
const NEVER_TWICE: [&str; 1] = ["x-request-id"];

/// The fields as the `h2` crate takes them, with room for so many more. What is no field name or value is left out: it
/// could only come from a defect.
pub(super) fn header_map(fields: Fields, room: usize) -> HeaderMap {
    let mut map = HeaderMap::with_capacity(fields.len() + room);
    let (text, places) = fields.into_parts();
    let text = Bytes::from(text);
    let range = |(start, end): (u32, u32)| start as usize..end as usize;
    for place in places {
        let Some(name) = text.get(range(place.name)).and_then(|name| HeaderName::from_lowercase(name).ok()) else {
            continue;
        };
        let value = text.get(range(place.value)).map(|value| HeaderValue::from_maybe_shared(text.slice_ref(value)));
        if let Some(Ok(mut value)) = value
            && !NOT_SENT.contains(&name.as_str())
        {
            value.set_sensitive(NEVER_TWICE.contains(&name.as_str()));
            map.append(name, value);
        }
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_their_order_and_repetitions() {
        let mut fields = Fields::default();
        for (name, value) in [("set-cookie", "a=1"), ("x-own", ""), ("set-cookie", "b=2"), ("connection", "close")] {
            fields.append(name, value);
        }
        fields.append("x-own", "taken back");
        fields.remove("x-gone");
        let map = header_map(fields, 0);
        let all: Vec<_> = map.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        assert_eq!(all, [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-own", ""), ("x-own", "taken back")]);
    }

    #[test]
    fn what_is_no_field_is_left_out() {
        let mut fields = Fields::default();
        fields.append("Upper", "1");
        fields.append("x y", "1");
        fields.append("x", "a\u{1}b");
        fields.append("y", "fine");
        assert_eq!(header_map(fields, 0).len(), 1);
    }
}
