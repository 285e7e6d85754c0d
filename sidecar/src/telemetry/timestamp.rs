//! The time of a log line as text: its seconds are the same for many lines, and are written once.

use std::cell::RefCell;
use std::fmt::Display;

use jiff::Timestamp;

thread_local! {
    /// The second that was written last, and its text up to the milliseconds.
    static WRITTEN: RefCell<(i64, String)> = const { RefCell::new((i64::MIN, String::new())) };
}

/// Hands over a time as RFC 3339 with milliseconds, in UTC.
pub(super) fn with_timestamp<T>(time: Timestamp, take: impl FnOnce(&dyn Display) -> T) -> T {
    WRITTEN.with(|written| match written.try_borrow_mut() {
        Ok(mut written) => {
            let (second, text) = &mut *written;
            if *second != time.as_second() {
                (*second, *text) = (time.as_second(), time.strftime("%Y-%m-%dT%H:%M:%S").to_string());
            }
            take(&format_args!("{text}.{:03}Z", time.subsec_millisecond()))
        }
        // Only from within `take`, which writes no time.
        Err(_) => take(&format_args!("{time:.3}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_is_written_as_the_library_writes_it() {
        for text in [
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00.007Z",
            "2026-01-01T00:00:00.999999Z",
            "2026-11-21T12:00:01.05Z",
        ] {
            let time: Timestamp = text.parse().unwrap();
            assert_eq!(with_timestamp(time, |text| text.to_string()), format!("{time:.3}"), "{text}");
        }
    }
}
