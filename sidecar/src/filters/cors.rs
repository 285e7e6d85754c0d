//! Which other sites' pages may use the API from a browser (CORS, the Fetch standard).

use std::collections::HashSet;
use std::sync::Arc;

use shipshape_crds::policy::{self, Enforcement};
use shipshape_crds::text::{HeaderName, Origin};

use super::rate_fields::{LEGACY, STANDARD};
use super::request_id;
use crate::problem::{Code, Problem};
use crate::wire::{Fields, RequestHead, ResponseHead};

/// How much of an origin the log shows, in characters: a host name is not longer.
const SHOWN: usize = 256;

/// Which other sites' pages may use the API.
#[derive(Debug, Clone)]
pub struct Cors {
    origins: Origins,
    methods: Vec<&'static str>,
    /// In lower case.
    headers: Vec<String>,
    /// What every preflight that is granted is told besides the origin.
    granted: Fields,
    /// What every answer that a page may read tells besides the origin.
    read: Fields,
    allows_credentials: bool,
    field: Arc<str>,
    /// Whether it refuses, or only reports.
    pub enforcement: Enforcement,
}

impl Cors {
    /// The rule of a policy; `None` where CORS is left to the app. `key_field` carries API keys, where they are read;
    /// `field` tells where a value of the policy was said.
    #[must_use]
    pub fn from_policy(
        cors: Option<&policy::Cors>,
        key_field: Option<&str>,
        field: impl Fn(&str) -> Arc<str>,
    ) -> Option<Self> {
        let policy::Cors {
            allow_origins,
            allow_methods,
            allow_headers,
            expose_headers,
            allow_credentials,
            max_age,
            enforcement,
        } = cors?;
        let enforcement = enforcement.unwrap_or_default();
        let methods: Vec<&str> = allow_methods.iter().map(|method| method.name()).collect();
        let mut headers: Vec<String> = allow_headers.iter().map(|name| name.lower().to_owned()).collect();
        headers.extend(key_field.map(str::to_ascii_lowercase));
        let allows_credentials = allow_credentials.unwrap_or_default();
        let (mut granted, mut read) = (Fields::default(), Fields::default());
        granted.append("access-control-allow-methods", methods.join(", "));
        granted.append("access-control-allow-headers", headers.join(", "));
        if let Some(max_age) = max_age {
            granted.append("access-control-max-age", max_age.duration().as_secs().to_string());
        }
        read.append("access-control-expose-headers", exposed(expose_headers));
        (enforcement != Enforcement::Disabled).then(|| Self {
            origins: Origins::new(allow_origins),
            methods,
            headers,
            granted,
            read,
            allows_credentials,
            field: field("cors.allowOrigins"),
            enforcement,
        })
    }

    /// Answers a preflight; `None` where the request is none.
    ///
    /// # Errors
    /// 403 where its page may not do what it asks about.
    pub fn preflight(&self, head: &RequestHead) -> Option<Result<ResponseHead, Problem>> {
        let origin = head.fields.text("origin")?;
        let method = head.fields.text("access-control-request-method").filter(|_| head.method == b"OPTIONS"[..])?;
        Some(self.judge_preflight(head, origin, method).map(|()| {
            let mut answer = ResponseHead::new(204);
            answer.fields.extend(&self.granted);
            answer.fields.append("vary", "access-control-request-method, access-control-request-headers");
            answer
        }))
    }

    fn judge_preflight(&self, head: &RequestHead, origin: &str, method: &str) -> Result<(), Problem> {
        self.judge_origin(origin)?;
        if !self.methods.contains(&method) {
            return Err(self.refusal("Pages of other sites may not use this method."));
        }
        let asked = head.fields.all("access-control-request-headers");
        let names = asked.flat_map(|line| line.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
        let is_allowed = |name: &[u8]| self.headers.iter().any(|allowed| name.eq_ignore_ascii_case(allowed.as_bytes()));
        if !names.filter(|name| !name.is_empty()).all(is_allowed) {
            return Err(self.refusal("Pages of other sites may not send one of these header fields."));
        }
        Ok(())
    }

    /// Judges the page that a request comes from. Without any origin in the policy nobody is refused: browsers keep
    /// pages of other sites from reading the answer.
    ///
    /// # Errors
    /// 403 for a page of another site that is not named.
    pub fn check(&self, head: &RequestHead) -> Result<(), Problem> {
        match head.fields.get("origin") {
            Some(origin) if !self.origins.is_empty() && !is_own(origin, &head.authority) => {
                self.judge_origin(std::str::from_utf8(origin).unwrap_or_default())
            }
            _ => Ok(()),
        }
    }

    fn judge_origin(&self, origin: &str) -> Result<(), Problem> {
        if self.origins.allow(origin) {
            return Ok(());
        }
        let shown: String = origin.chars().take(SHOWN).collect();
        let refusal = self.refusal("Pages of this site may not use this service.");
        Err(refusal.privately(format!("the page is of \"{}\"", shown.escape_debug())))
    }

    fn refusal(&self, detail: &'static str) -> Problem {
        Problem::new(Code::OriginDenied, detail).caused_by(&self.field)
    }

    /// Takes out what the app says of CORS: two voices would contradict.
    pub fn strip(&self, fields: &mut Fields) {
        let is_cors = |name: &[u8]| name.starts_with(b"access-control-");
        if self.enforcement == Enforcement::Enforce && fields.iter().any(|field| is_cors(field.name)) {
            fields.retain(|field| !is_cors(field.name));
        }
    }

    /// Tells a page what it may read. `origin` is what the request said; empty where it said nothing.
    pub fn dress(&self, origin: &[u8], fields: &mut Fields) {
        if self.enforcement != Enforcement::Enforce || self.origins.is_empty() {
            return;
        }
        let text = std::str::from_utf8(origin).unwrap_or_default();
        if self.origins.is_any() && !self.allows_credentials {
            fields.append("access-control-allow-origin", "*");
        } else {
            // Also without an Origin: a cache must not hand that answer to a page.
            fields.append("vary", "origin");
            if !self.origins.allow(text) {
                return;
            }
            fields.append("access-control-allow-origin", text);
        }
        if self.allows_credentials {
            fields.append("access-control-allow-credentials", "true");
        }
        fields.extend(&self.read);
    }
}

/// The origins that are allowed.
#[derive(Debug, Clone)]
struct Origins {
    exact: HashSet<String>,
    wild: Vec<Origin>,
}

impl Origins {
    fn new(origins: &[Origin]) -> Self {
        let (wild, exact): (Vec<_>, Vec<_>) = origins.iter().cloned().partition(|origin| origin.as_str().contains('*'));
        Self { exact: exact.iter().map(|origin| origin.as_str().to_owned()).collect(), wild }
    }

    fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.wild.is_empty()
    }

    fn is_any(&self) -> bool {
        self.wild.iter().any(Origin::is_any)
    }

    fn allow(&self, origin: &str) -> bool {
        // A page that has no origin must not pass as one of any.
        let is_one = !origin.is_empty() && origin != "null";
        is_one && (self.exact.contains(origin) || self.wild.iter().any(|allowed| allowed.matches(origin)))
    }
}

/// Whether a page is one of the API's own: of the same host and port. Its scheme may differ, where a proxy in front
/// speaks TLS and does not say so.
fn is_own(origin: &[u8], authority: &str) -> bool {
    let Some((scheme, host)) = std::str::from_utf8(origin).ok().and_then(|origin| origin.split_once("://")) else {
        return false;
    };
    let usual = if scheme == "https" { ":443" } else { ":80" };
    host == authority || authority.strip_suffix(usual) == Some(host)
}

/// Pages may read what tells of limits and names the request, and what the policy says.
fn exposed(names: &[HeaderName]) -> String {
    let theirs = names.iter().map(HeaderName::lower);
    STANDARD
        .into_iter()
        .chain(LEGACY)
        .chain(["retry-after", request_id::FIELD])
        .chain(theirs)
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::head;

    fn cors(policy: Value) -> Cors {
        let policy: policy::Cors = serde_json::from_value(policy).unwrap();
        Cors::from_policy(Some(&policy), Some("X-API-Key"), |path| path.into()).unwrap()
    }

    fn shop() -> Cors {
        cors(json!({
            "allowOrigins": ["https://web.example", "https://*.web.example"], "allowCredentials": true,
            "allowMethods": ["GET", "POST"], "allowHeaders": ["Content-Type"], "exposeHeaders": ["X-Total"],
            "maxAge": "1h"}))
    }

    fn asked(method: &str, fields: &[(&'static str, &str)]) -> RequestHead {
        head(method, "/", fields)
    }

    fn dressed(cors: &Cors, origin: &str) -> Vec<(String, String)> {
        let mut fields = Fields::default();
        cors.dress(origin.as_bytes(), &mut fields);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        fields.iter().map(|field| (text(field.name), text(field.value))).collect()
    }

    #[test]
    fn a_preflight_is_granted_for_what_is_named_only() {
        let ask = |origin: &str, method: &str, headers: &str| {
            let fields = [
                ("origin", origin),
                ("access-control-request-method", method),
                ("access-control-request-headers", headers),
            ];
            shop().preflight(&asked("OPTIONS", &fields)).unwrap().map_err(|problem| problem.code())
        };
        let granted = ask("https://a.web.example", "POST", "content-type, X-Api-Key").unwrap();
        assert_eq!(granted.status, 204);
        assert_eq!(granted.fields.text("access-control-allow-methods"), Some("GET, POST"));
        assert_eq!(granted.fields.text("access-control-allow-headers"), Some("content-type, x-api-key"));
        assert_eq!(granted.fields.text("access-control-max-age"), Some("3600"));
        for (origin, method, headers) in [
            ("https://evil.example", "POST", ""),
            ("null", "POST", ""),
            ("https://web.example", "DELETE", ""),
            ("https://web.example", "post", ""),
            ("https://web.example", "POST", "content-type, x-evil"),
        ] {
            assert_eq!(ask(origin, method, headers).unwrap_err(), Code::OriginDenied, "{origin} {method} {headers}");
        }
    }

    #[test]
    fn what_lacks_a_part_is_no_preflight() {
        let origin = ("origin", "https://web.example");
        assert!(shop().preflight(&asked("OPTIONS", &[origin])).is_none());
        assert!(shop().preflight(&asked("OPTIONS", &[("access-control-request-method", "GET")])).is_none());
        assert!(shop().preflight(&asked("GET", &[origin, ("access-control-request-method", "GET")])).is_none());
    }

    #[test]
    fn pages_of_other_sites_are_refused_where_any_is_named() {
        let check = |cors: &Cors, origin: Option<&str>| {
            let fields: Vec<_> = origin.map(|origin| ("origin", origin)).into_iter().collect();
            cors.check(&asked("GET", &fields)).is_ok()
        };
        let shop = shop();
        assert!(check(&shop, None) && check(&shop, Some("https://web.example")));
        assert!(check(&shop, Some("https://shop.example")), "the API's own page");
        for origin in ["null", "https://evil.example", "https://shop.example:444", "file://", ""] {
            assert!(!check(&shop, Some(origin)), "{origin}");
        }
        assert!(check(&cors(json!({})), Some("https://evil.example")), "it just may not read the answer");
    }

    #[test]
    fn answers_tell_a_page_what_it_may_read() {
        let told = dressed(&shop(), "https://web.example");
        let value = |name: &str| told.iter().find(|field| field.0 == name).map(|field| field.1.as_str());
        assert_eq!(value("vary"), Some("origin"));
        assert_eq!(value("access-control-allow-origin"), Some("https://web.example"));
        assert_eq!(value("access-control-allow-credentials"), Some("true"));
        let exposed = value("access-control-expose-headers").unwrap();
        assert!(exposed.contains("x-total") && exposed.contains("ratelimit") && exposed.contains("x-request-id"));
        for other in ["", "null", "https://evil.example"] {
            assert_eq!(dressed(&shop(), other), [("vary".to_owned(), "origin".to_owned())], "{other}");
        }
        let any = dressed(&cors(json!({"allowOrigins": ["*"]})), "https://a.example");
        assert_eq!(any.first(), Some(&("access-control-allow-origin".to_owned(), "*".to_owned())));
        assert!(any.iter().all(|field| field.0 != "vary"));
        assert_eq!(dressed(&cors(json!({})), "https://a.example"), []);
    }

    #[test]
    fn the_apps_own_word_is_taken_out_unless_it_is_left_to_it() {
        let left = |enforcement: &str| {
            let mut fields = Fields::default();
            fields.append("access-control-allow-origin", "*");
            fields.append("content-type", "text/plain");
            cors(json!({"enforcement": enforcement})).strip(&mut fields);
            fields.len()
        };
        assert_eq!((left("Enforce"), left("Report")), (1, 2));
        let disabled: policy::Cors = serde_json::from_value(json!({"enforcement": "Disabled"})).unwrap();
        assert!(Cors::from_policy(Some(&disabled), None, |path| path.into()).is_none());
    }
}
