//! The peppers of a namespace: made once, never re-rolled, kept as the very file that sidecars read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::ByteString;
use shipshape_crds::api_keys::Peppers;
use shipshape_crds::names::PEPPERS_FILE;

use super::error::CredentialError;

/// The first pepper of a namespace, named after the moment it was made.
#[must_use]
pub fn first_peppers(now: Timestamp, random: &[u8; 32]) -> Peppers {
    let mut peppers = Peppers::default();
    peppers.insert(&now.strftime("%Y%m%dT%H%M%SZ").to_string(), random);
    peppers
}

/// The id of the pepper that hashes new keys: the newest, as ids are moments.
#[must_use]
pub fn current_pepper(peppers: &Peppers) -> Option<&str> {
    peppers.ids().last()
}

/// The data of the Secret with a namespace's peppers.
///
/// # Errors
/// When they cannot be written; only a defect could cause it.
pub fn pepper_data(peppers: &Peppers) -> Result<BTreeMap<String, ByteString>, serde_json::Error> {
    Ok(BTreeMap::from([(PEPPERS_FILE.to_owned(), ByteString(serde_json::to_vec(peppers)?))]))
}

/// Reads the peppers from the data of their Secret.
///
/// # Errors
/// When the file is missing or damaged, or holds no pepper that can be used.
pub fn read_peppers(data: &BTreeMap<String, ByteString>) -> Result<Peppers, CredentialError> {
    let bytes = data.get(PEPPERS_FILE).ok_or_else(|| CredentialError::pepper(PEPPERS_FILE, "is missing"))?;
    let peppers: Peppers = serde_json::from_slice(&bytes.0)
        .map_err(|_| CredentialError::pepper(PEPPERS_FILE, "is no JSON object of base64 texts"))?;
    let usable = current_pepper(&peppers).is_some_and(|id| peppers.get(id).is_some());
    usable.then_some(peppers).ok_or_else(|| CredentialError::pepper(PEPPERS_FILE, "holds no pepper of 32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_read_back() {
        let mut peppers = first_peppers("2026-11-21T09:00:00Z".parse().unwrap(), &[1; 32]);
        peppers.insert("20270101T000000Z", &[2; 32]);
        let read = read_peppers(&pepper_data(&peppers).unwrap()).unwrap();
        assert_eq!(read, peppers);
        assert_eq!(current_pepper(&read), Some("20270101T000000Z"));
    }

    #[test]
    fn damage_is_told_without_the_secret() {
        let refusal = |text: &str| {
            let data = BTreeMap::from([(PEPPERS_FILE.to_owned(), ByteString(text.as_bytes().to_vec()))]);
            read_peppers(&data).unwrap_err().to_string()
        };
        assert!(
            read_peppers(&BTreeMap::new()).unwrap_err().to_string().starts_with("peppers.json is missing: restore")
        );
        for text in ["", "[]", "{}", r#"{"a":"c2hvcnQ="}"#, r#"{"a":1}"#] {
            let told = refusal(text);
            assert!(told.starts_with("peppers.json ") && !told.contains("c2hvcnQ"), "{told}");
        }
    }
}
