//! The host that a request names, by the quick way where it is written as most are.

use crate::wire::authority::authority;

use super::classes::{PLAIN_HOST, run_of};

/// Reads `HOST[:PORT]` into lower case; `None` where it is anything else.
pub(super) fn named_host(written: &[u8]) -> Option<String> {
    if !written.is_empty() && run_of(written, PLAIN_HOST) == written.len() {
        return String::from_utf8(written.to_vec()).ok();
    }
    authority(std::str::from_utf8(written).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn both_ways_lead_to_the_same(host in "[a-z0-9.-]{0,20}", rest in "[A-Z_:@ 0-9\\[\\]~é]{0,3}") {
            for text in [host.clone(), format!("{host}{rest}")] {
                proptest::prop_assert_eq!(named_host(text.as_bytes()), authority(&text));
            }
        }
    }
}
