//! Whether a caller must say who it is, and where it says so.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use shipshape_crds::policy::{self, AuthMode, Enforcement};
use shipshape_crds::validate::Finding;

use super::api_key::{KeyRefusal, KeyRing, KnownKey};
use crate::problem::{Code, Problem};
use crate::secrets;
use crate::wire::RequestHead;

/// How callers of a route are identified by API key.
#[derive(Debug, Clone)]
pub struct Authentication {
    required: bool,
    /// The field that carries the key, as it was written.
    header: String,
    /// The same in lower case.
    header_lower: String,
    challenge: Bytes,
    field: Arc<str>,
    /// Whether a caller that cannot be identified is refused, or only reported.
    pub enforcement: Enforcement,
}

impl Authentication {
    /// How a policy identifies callers; `None` where it identifies nobody. `realm` is the service's name.
    ///
    /// # Errors
    /// Where no way was chosen: an API must not be open because somebody forgot a line.
    pub fn from_policy(
        auth: Option<&policy::Auth>,
        realm: &str,
        field: impl Fn(&str) -> Arc<str>,
    ) -> Result<Option<Self>, Finding> {
        let said = field("auth");
        let unchosen =
            || Finding::error("auth-chosen", &*said, "choose how callers are identified, or write mode: None");
        let policy::Auth { mode, api_keys, enforcement } = auth.ok_or_else(unchosen)?;
        let enforcement = enforcement.unwrap_or_default();
        let mode = mode.or_else(|| api_keys.as_ref().map(|_| AuthMode::Required)).ok_or_else(unchosen)?;
        if mode == AuthMode::None || enforcement == Enforcement::Disabled {
            return Ok(None);
        }
        let header = api_keys.as_ref().and_then(|keys| keys.header.as_ref()).ok_or_else(unchosen)?;
        Ok(Some(Self {
            required: mode == AuthMode::Required,
            header: header.as_str().to_owned(),
            header_lower: header.lower().to_owned(),
            challenge: challenge(realm, header.as_str()),
            field: field("auth.apiKeys"),
            enforcement,
        }))
    }

    /// The field that carries the key, in lower case.
    #[must_use]
    pub fn key_field(&self) -> &str {
        &self.header_lower
    }

    /// Identifies the caller; `None` is an anonymous one, where that is allowed.
    ///
    /// # Errors
    /// 401, with a text that never tells whether a key exists.
    pub fn identify(
        &self,
        head: &RequestHead,
        keys: &KeyRing,
        now: Timestamp,
    ) -> Result<Option<Arc<KnownKey>>, Problem> {
        if head.target.query().is_some_and(|query| secrets::parameters(query).any(is_key_parameter)) {
            let detail = format!("Send the key in the header {}, never in the URL, and replace this one.", self.header);
            return Err(self.problem(Code::ApiKeyInQuery, detail));
        }
        let mut values = head.fields.all(&self.header_lower);
        let presented = match (values.next(), values.next()) {
            (None, _) if self.required => {
                return Err(self.problem(Code::ApiKeyMissing, format!("Send the header {}.", self.header)));
            }
            (None, _) => return Ok(None),
            (Some(only), None) => only,
            (Some(_), Some(_)) => {
                let detail = format!("Send the header {} once.", self.header);
                return Err(self.problem(Code::ApiKeyInvalid, detail));
            }
        };
        match keys.verify(presented, now) {
            Ok(known) => Ok(Some(Arc::clone(known))),
            Err(KeyRefusal::Invalid) => Err(self.problem(Code::ApiKeyInvalid, "The API key is not valid.")),
            Err(KeyRefusal::Expired) => {
                Err(self.problem(Code::ApiKeyExpired, "The API key has expired: ask for a new one."))
            }
        }
    }

    /// The refusal of an anonymous caller where somebody known is asked for.
    #[must_use]
    pub fn missing(&self) -> Problem {
        self.problem(Code::ApiKeyMissing, format!("Send the header {}.", self.header))
    }

    fn problem(&self, code: Code, detail: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
        Problem::new(code, detail).caused_by(&self.field).with_field("www-authenticate", self.challenge.clone())
    }
}

/// A 401 must carry a challenge (RFC 9110 section 15.5.2). No registered scheme means a key in a field of one's own;
/// `Basic` would make browsers ask for a password and `Bearer` make clients send the key elsewhere, so the scheme is
/// one that no client acts on by itself, and its parameter names the field.
fn challenge(realm: &str, header: &str) -> Bytes {
    format!("ApiKey realm=\"{realm}\", header=\"{header}\"").into()
}

/// A key of ours under any name, or a parameter that is named like a key and begins like one of ours.
fn is_key_parameter((name, value): (&str, &str)) -> bool {
    const NAMES: [&str; 4] = ["apikey", "xapikey", "key", "shipkey"];
    let named = || {
        let plain: String = secrets::decoded(name).chars().filter(char::is_ascii_alphanumeric).collect();
        NAMES.iter().any(|name| plain.eq_ignore_ascii_case(name))
    };
    secrets::holds_key(value) || secrets::holds_key(name) || (secrets::decoded(value).starts_with("ship_") && named())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use shipshape_crds::api_keys::KeyText;

    use super::*;
    use crate::testing::{head, key_ring};

    fn filter(auth: Value) -> Result<Option<Authentication>, Finding> {
        let auth = serde_json::from_value(auth).unwrap();
        Authentication::from_policy(Some(&auth), "shop", |path| format!("spec.policy.{path}").into())
    }

    fn identify(mode: &str, target: &str, values: &[&str]) -> Result<Option<String>, Code> {
        let filter = filter(json!({"mode": mode, "apiKeys": {"header": "X-API-Key"}})).unwrap().unwrap();
        let fields: Vec<_> = values.iter().map(|value| ("x-api-key", *value)).collect();
        let (_, keys) = key_ring(&["read"]);
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let identified = filter.identify(&head("GET", target, &fields), &keys, now);
        identified.map(|known| known.map(|known| known.id.to_string())).map_err(|problem| {
            let (head, _) = problem.clone().into_answer("01JC");
            assert_eq!(head.fields.text("www-authenticate"), Some("ApiKey realm=\"shop\", header=\"X-API-Key\""));
            problem.code()
        })
    }

    #[test]
    fn a_right_key_in_its_header_identifies() {
        let (key, _) = key_ring(&["read"]);
        for mode in ["Required", "Optional"] {
            assert_eq!(identify(mode, "/", &[key.reveal()]), Ok(Some("dev".into())));
        }
    }

    #[test]
    fn none_is_missing_or_anonymous_and_a_bad_one_is_always_refused() {
        assert_eq!(identify("Required", "/", &[]), Err(Code::ApiKeyMissing));
        assert_eq!(identify("Optional", "/", &[]), Ok(None));
        let unknown = KeyText::new("nobody", [7; 32]);
        let (key, _) = key_ring(&[]);
        for mode in ["Required", "Optional"] {
            for wrong in ["wrong", "", unknown.reveal()] {
                assert_eq!(identify(mode, "/", &[wrong]), Err(Code::ApiKeyInvalid));
            }
            assert_eq!(identify(mode, "/", &[key.reveal(), key.reveal()]), Err(Code::ApiKeyInvalid));
        }
    }

    #[test]
    fn a_key_in_the_query_is_refused_even_beside_a_right_one() {
        let (key, _) = key_ring(&[]);
        for mode in ["Required", "Optional"] {
            for query in [
                format!("api_key={}", key.reveal()),
                format!("a=1&x={}", key.reveal()),
                format!("a=1&x={}", key.reveal().replace('_', "%5f")),
                key.reveal().to_owned(),
                "apiKey=ship_mistyped".to_owned(),
                "X-API-Key=ship%5Fx".to_owned(),
            ] {
                assert_eq!(identify(mode, &format!("/?{query}"), &[key.reveal()]), Err(Code::ApiKeyInQuery), "{query}");
            }
            assert_eq!(identify(mode, "/?key=name&page=ship_to", &[key.reveal()]), Ok(Some("dev".into())));
        }
    }

    #[test]
    fn a_policy_that_chose_nothing_is_refused_and_one_that_chose_none_looks_at_nothing() {
        assert_eq!(filter(json!({})).err().map(|finding| finding.rule), Some("auth-chosen"));
        assert_eq!(filter(json!({"mode": "Required"})).err().map(|finding| finding.rule), Some("auth-chosen"));
        assert!(filter(json!({"mode": "None"})).unwrap().is_none());
        assert!(filter(json!({"apiKeys": {"header": "X-Key"}, "enforcement": "Disabled"})).unwrap().is_none());
    }
}
