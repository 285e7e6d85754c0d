//! A length of time as people write it: `250ms`, `15m`, `1h30m`, `365d`.

use std::str::FromStr;
use std::time::Duration;

use super::word::{WordError, word};

/// A length of time: whole numbers with `d`, `h`, `m`, `s` or `ms`, largest first, such as `1h30m`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timespan {
    text: String,
    duration: Duration,
}

word!(
    Timespan,
    "^([0-9]{1,9}d)?([0-9]{1,9}h)?([0-9]{1,9}m)?([0-9]{1,9}s)?([0-9]{1,9}ms)?$",
    64,
    "A length of time: whole numbers with d, h, m, s or ms, largest first, such as 15m, 1h30m or 250ms."
);

/// Units with their milliseconds, largest first.
const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl Timespan {
    /// The length as a duration.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// A whole number of seconds, written in the largest unit that holds it exactly.
    #[must_use]
    pub fn from_secs(seconds: u64) -> Self {
        let (unit, length) = UNITS
            .into_iter()
            .map(|(unit, milliseconds)| (unit, milliseconds / 1_000))
            .find(|&(_, length)| length > 0 && seconds > 0 && seconds.is_multiple_of(length))
            .unwrap_or(("s", 1));
        Self { text: format!("{}{unit}", seconds / length), duration: Duration::from_secs(seconds) }
    }
}

impl FromStr for Timespan {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let milliseconds = parse(text).ok_or_else(|| {
            WordError(format!(
                "\"{text}\" is no length of time: write whole numbers with d, h, m, s or ms, such as 1h30m"
            ))
        })?;
        Ok(Self { text: text.to_owned(), duration: Duration::from_millis(milliseconds) })
    }
}

fn parse(text: &str) -> Option<u64> {
    let mut rest = text;
    let mut total = 0_u64;
    let mut units = UNITS.iter();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, after) = rest.split_at_checked(digits)?;
        let unit_end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, next) = after.split_at_checked(unit_end)?;
        // Advancing one iterator keeps the units in order and each at most once.
        let &(_, milliseconds) = units.find(|(name, _)| *name == unit)?;
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(milliseconds)?)?;
        rest = next;
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> Option<u128> {
        text.parse::<Timespan>().ok().map(|span| span.duration().as_millis())
    }

    #[test]
    fn reads_what_people_write() {
        assert_eq!(millis("250ms"), Some(250));
        assert_eq!(millis("15m"), Some(900_000));
        assert_eq!(millis("1h30m"), Some(5_400_000));
        assert_eq!(millis("365d"), Some(31_536_000_000));
        assert_eq!(millis("1m30s500ms"), Some(90_500));
    }

    #[test]
    fn refuses_everything_else() {
        for text in ["", "15", "m", "1.5h", "30m1h", "1h1h", "-1s", "1 h", "99999999999999999999d", "1y", "5M"] {
            assert_eq!(millis(text), None, "{text}");
        }
    }

    #[test]
    fn seconds_are_written_in_their_largest_unit() {
        let written: Vec<String> = [0, 2, 60, 90, 900, 3600, 86_400].map(|s| Timespan::from_secs(s).to_string()).into();
        assert_eq!(written, ["0s", "2s", "1m", "90s", "15m", "1h", "1d"]);
    }
}
