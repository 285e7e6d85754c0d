//! An amount of a resource as Kubernetes writes it, in the form that the API server stores.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::word::WordError;

/// An amount such as `250m`, `1`, `0.5`, `256Mi`, kept in Kubernetes' canonical form (`1000m` is `1`, `0.5` is
/// `500m`), because the API server stores that, and applying anything else would never come to rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quantity {
    text: String,
}

/// Decimal suffixes by their power of ten over a nano, smallest first.
const DECIMAL: [(&str, u32); 10] =
    [("n", 0), ("u", 3), ("m", 6), ("", 9), ("k", 12), ("M", 15), ("G", 18), ("T", 21), ("P", 24), ("E", 27)];
/// Binary suffixes by their power of 1024.
const BINARY: [(&str, u32); 6] = [("Ki", 1), ("Mi", 2), ("Gi", 3), ("Ti", 4), ("Pi", 5), ("Ei", 6)];

impl Quantity {
    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Quantity {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let canonical = BINARY
            .iter()
            .find_map(|(suffix, power)| text.strip_suffix(suffix).map(|number| binary(number, *power)))
            .unwrap_or_else(|| decimal_text(text));
        canonical.map(|text| Self { text }).ok_or_else(|| {
            WordError(format!("\"{text}\" is no quantity: write an amount such as 250m, 1, 256Mi or 1.5Gi"))
        })
    }
}

/// A number of so many powers of 1024, with the largest suffix that leaves it whole.
fn binary(number: &str, power: u32) -> Option<String> {
    let nanos = nanos(number)?.checked_mul(1024_u128.checked_pow(power)?)?;
    // A fraction of a byte is rounded up, as the API server does.
    let mut amount = nanos.div_ceil(1_000_000_000);
    let mut suffix = "";
    for (larger, _) in BINARY {
        if amount == 0 || !amount.is_multiple_of(1024) {
            break;
        }
        amount /= 1024;
        suffix = larger;
    }
    Some(format!("{amount}{suffix}"))
}

fn decimal_text(text: &str) -> Option<String> {
    let end = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, suffix) = text.split_at_checked(end)?;
    let (_, power) = DECIMAL.iter().find(|(name, _)| *name == suffix)?;
    // Below a nano nothing is kept.
    let amount = nanos(number)?.checked_mul(10_u128.checked_pow(*power)?)?.div_ceil(1_000_000_000);
    if amount == 0 {
        return Some("0".to_owned());
    }
    let whole = DECIMAL
        .iter()
        .rev()
        .find(|(_, power)| 10_u128.checked_pow(*power).is_some_and(|unit| amount.is_multiple_of(unit)));
    whole.map(|(suffix, power)| format!("{}{suffix}", amount / 10_u128.pow(*power)))
}

/// A plain decimal number in billionths.
fn nanos(number: &str) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || number.ends_with('.') || !digits(whole) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let fraction: u128 = format!("{fraction:0<9}").parse().ok()?;
    whole.parse::<u128>().ok()?.checked_mul(1_000_000_000)?.checked_add(fraction)
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            Number(serde_json::Number),
        }
        let text = match Written::deserialize(deserializer)? {
            Written::Text(text) => text,
            Written::Number(number) => number.to_string(),
        };
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "kube")]
impl schemars::JsonSchema for Quantity {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Quantity".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "x-kubernetes-int-or-string": true,
            "anyOf": [{ "type": "integer" }, { "type": "string" }],
            "pattern": "^[0-9]+(\\.[0-9]{1,9})?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$",
        })
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_the_api_server_stores_them() {
        let pairs = [
            ("1000m", "1"),
            ("1", "1"),
            ("0.5", "500m"),
            ("250m", "250m"),
            ("1.5Gi", "1536Mi"),
            ("1024Mi", "1Gi"),
            ("256Mi", "256Mi"),
            ("1000k", "1M"),
            ("0", "0"),
            ("0Mi", "0"),
            ("1500m", "1500m"),
            ("100M", "100M"),
            ("2000", "2k"),
        ];
        for (written, stored) in pairs {
            assert_eq!(written.parse::<Quantity>().unwrap().as_str(), stored, "{written}");
        }
        for bad in ["", "m", "-1", "1 Gi", "1gi", "1..5", "1.", "x", "1e3x", "99999999999999999999999999999999999999Ei"]
        {
            assert!(bad.parse::<Quantity>().is_err(), "{bad}");
        }
    }

    #[test]
    fn numbers_are_amounts_too() {
        let read = |json: &str| serde_json::from_str::<Quantity>(json).unwrap().to_string();
        assert_eq!((read("1"), read("0.5"), read("\"1\"")), ("1".into(), "500m".into(), "1".into()));
    }
}
