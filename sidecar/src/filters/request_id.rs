//! The name of a request: a trusted proxy's, where it is harmless, or a new ULID.

use bytes::Bytes;
use jiff::Timestamp;
use ulid::Ulid;

use crate::secrets;
use crate::wire::Fields;

/// The field that carries it, both ways.
pub const FIELD: &str = "x-request-id";

/// The request's id: that of a trusted proxy if it is 8 to 128 letters, digits, dots, underscores and hyphens; else a
/// ULID of this moment and these random bits.
#[must_use]
pub fn request_id(via_proxy: bool, fields: &Fields, now: Timestamp, random: u128) -> Bytes {
    // With two there is no telling which of them is the proxy's.
    let one = || fields.get(FIELD).filter(|_| fields.all(FIELD).count() == 1);
    let given = if via_proxy { one() } else { None };
    let harmless = given.filter(|id| std::str::from_utf8(id).is_ok_and(is_harmless));
    harmless.map(Bytes::copy_from_slice).unwrap_or_else(|| mint(now, random))
}

fn mint(now: Timestamp, random: u128) -> Bytes {
    Ulid::from_parts(u64::try_from(now.as_millisecond()).unwrap_or_default(), random).to_string().into()
}

fn is_harmless(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    // It stands in logs and answers: a key that somebody put there by mistake must not.
    (8..=128).contains(&id.len()) && id.bytes().all(plain) && !secrets::holds_key(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(via_proxy: bool, given: &str) -> String {
        let mut fields = Fields::default();
        fields.append(FIELD, given);
        let id = request_id(via_proxy, &fields, "2026-01-01T00:00:00Z".parse().unwrap(), 42);
        String::from_utf8(id.to_vec()).unwrap()
    }

    #[test]
    fn only_a_trusted_proxy_names_a_request_and_only_harmlessly() {
        assert_eq!(id(true, "proxy-id.0_1"), "proxy-id.0_1");
        let minted = id(false, "proxy-id.0_1");
        assert_eq!((minted.len(), Ulid::from_string(&minted).map(|id| id.random())), (26, Ok(42)));
        for bad in ["short", "with space", "line\"break", "ship_dev_0123456789abcdefghjk", &"x".repeat(129)] {
            assert_eq!(id(true, bad), minted, "{bad}");
        }
        let mut twice = Fields::default();
        ["client-said", "proxy-said"].iter().for_each(|id| twice.append(FIELD, *id));
        assert_eq!(request_id(true, &twice, Timestamp::UNIX_EPOCH, 42).len(), 26);
    }
}
