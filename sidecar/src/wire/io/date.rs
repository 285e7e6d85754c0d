//! The Date field's text, made once a second (RFC 9110 section 6.6.1).

use std::cell::RefCell;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A date and the second since 1970 that it says.
struct Known {
    second: u64,
    text: String,
}

thread_local! {
    static KNOWN: RefCell<Known> = const { RefCell::new(Known { second: u64::MAX, text: String::new() }) };
}

/// Hands over the date of now.
pub(in crate::wire) fn with_http_date<T>(take: impl FnOnce(&[u8]) -> T) -> T {
    let second = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    KNOWN.with(|known| match known.try_borrow_mut() {
        Ok(mut known) => {
            if known.second != second {
                *known = Known { second, text: text(second) };
            }
            take(known.text.as_bytes())
        }
        // Only from within `take`, which asks for no date.
        Err(_) => take(text(second).as_bytes()),
    })
}

fn text(second: u64) -> String {
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_is_that_of_now() {
        let before = SystemTime::now() - Duration::from_secs(1);
        let date = with_http_date(|text| httpdate::parse_http_date(std::str::from_utf8(text).unwrap()).unwrap());
        assert!(date >= before && date <= SystemTime::now());
    }
}
