//! The time of a log line as text: its seconds are the same for many lines, and are written once.

use std::cell::RefCell;

use jiff::Timestamp;

thread_local! {
    /// The second that was written last, and its text up to the milliseconds.
    static WRITTEN: RefCell<(i64, String)> = const { RefCell::new((i64::MIN, String::new())) };
}

/// Writes a time as RFC 3339 with milliseconds, in UTC.
pub(super) fn write_timestamp(out: &mut Vec<u8>, time: Timestamp) {
    WRITTEN.with(|written| {
        // Nothing in here writes a time, so it is always free.
        let Ok(mut written) = written.try_borrow_mut() else { return };
        let (second, text) = &mut *written;
        if *second != time.as_second() {
            (*second, *text) = (time.as_second(), time.strftime("%Y-%m-%dT%H:%M:%S.").to_string());
        }
        let millis = u32::try_from(time.subsec_millisecond()).unwrap_or_default();
        let digit = |place: u32| b'0' + (millis / place % 10).to_le_bytes()[0];
        out.extend_from_slice(text.as_bytes());
        out.extend_from_slice(&[digit(100), digit(10), digit(1), b'Z']);
    });
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
            let mut out = Vec::new();
            write_timestamp(&mut out, time);
            assert_eq!(String::from_utf8(out).unwrap(), format!("{time:.3}"), "{text}");
        }
    }
}
