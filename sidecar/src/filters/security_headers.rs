//! Header fields that every answer carries, and those of the app that none does.

use bytes::Bytes;
use shipshape_crds::policy::{self, HeaderMode, Hsts, Switch};

use crate::wire::{Fields, has_media_type};

/// RFC 6797.
const HSTS: &str = "strict-transport-security";

/// The fields of every answer, built once.
#[derive(Debug, Clone, Default)]
pub struct SecurityHeaders {
    set: Vec<Ours>,
    remove: Vec<Bytes>,
    hsts: Option<Bytes>,
    /// All of them as they go out, over TLS and without it.
    secure: Fields,
    plain: Fields,
    /// A bit for each length that a name of theirs, or one that is removed, has: most fields are told apart by that.
    lengths: u64,
}

/// A field of ours; its name is in lower case.
#[derive(Debug, Clone)]
struct Ours {
    name: Bytes,
    value: Bytes,
    mode: HeaderMode,
}

impl SecurityHeaders {
    /// The fields of a policy.
    #[must_use]
    pub fn from_policy(headers: Option<&policy::SecurityHeaders>, tls: Option<&policy::Tls>) -> Self {
        let on = |switch: Option<Switch>| switch.unwrap_or_default() == Switch::Enforce;
        let headers = headers.filter(|headers| on(headers.enforcement));
        let set = headers.iter().flat_map(|headers| &headers.set).filter(|item| on(item.enforcement));
        let field = |item: &policy::HeaderField| {
            let name = Bytes::from(item.name.lower().to_owned());
            Some(Ours { name, value: Bytes::from(item.value.clone()?), mode: item.mode.unwrap_or_default() })
        };
        let remove = headers.iter().flat_map(|headers| &headers.remove).map(|name| name.lower().to_owned().into());
        let hsts = tls.and_then(|tls| tls.hsts.as_ref()).filter(|hsts| on(hsts.enforcement));
        let (set, remove, hsts) = (set.filter_map(field).collect(), remove.collect(), hsts.and_then(hsts_value));
        Self { set, remove, hsts, ..Self::default() }.prepared()
    }

    /// Writes down once what most answers get.
    fn prepared(mut self) -> Self {
        for ours in &self.set {
            self.plain.append(&ours.name, &ours.value);
        }
        self.secure.extend(&self.plain);
        if let Some(hsts) = &self.hsts {
            self.secure.append(HSTS, hsts);
        }
        let names = self.set.iter().map(|ours| &ours.name).chain(&self.remove).map(Bytes::len);
        self.lengths = names.chain([HSTS.len()]).fold(0, |lengths, length| lengths | bit(length));
        self
    }

    /// Whether an answer has none of the fields that are set or removed, and is no page: as most are.
    fn is_usual(&self, fields: &Fields) -> bool {
        let concerns = |name: &[u8]| {
            let ours = || self.set.iter().map(|ours| &ours.name).chain(&self.remove).any(|ours| *ours == name);
            self.lengths & bit(name.len()) != 0 && (name == HSTS.as_bytes() || ours())
        };
        !fields.iter().any(|field| concerns(field.name)) && !is_page(fields)
    }

    /// Dresses an answer. `secure` is whether the client's side is encrypted: HSTS counts over TLS only (RFC 6797
    /// section 7.2), and the app's own is never sent in the clear either.
    pub fn dress(&self, fields: &mut Fields, secure: bool) {
        if self.is_usual(fields) {
            return fields.extend(if secure { &self.secure } else { &self.plain });
        }
        fields.retain(|field| !self.remove.iter().any(|name| name == field.name));
        for ours in &self.set {
            match ours.mode {
                HeaderMode::Replace => fields.set(&ours.name, &ours.value),
                HeaderMode::IfAbsent if has(fields, &ours.name) || is_unfit(ours, fields) => {}
                HeaderMode::IfAbsent => fields.append(&ours.name, &ours.value),
            }
        }
        match &self.hsts {
            Some(value) if secure => fields.set(HSTS, value),
            _ if secure => {}
            _ => fields.remove(HSTS),
        }
    }
}

fn has(fields: &Fields, name: &Bytes) -> bool {
    fields.iter().any(|field| field.name == *name)
}

/// A policy for what is not a page would break a page: only the app knows what its page loads.
fn is_unfit(ours: &Ours, fields: &Fields) -> bool {
    ours.name == "content-security-policy" && is_page(fields)
}

fn is_page(fields: &Fields) -> bool {
    ["text/html", "application/xhtml+xml"].iter().any(|html| has_media_type(fields, html))
}

fn bit(length: usize) -> u64 {
    u32::try_from(length).map_or(0, |length| 1_u64.wrapping_shl(length))
}

fn hsts_value(hsts: &Hsts) -> Option<Bytes> {
    let Hsts { max_age, include_sub_domains, preload, enforcement: _ } = hsts;
    let mut value = format!("max-age={}", max_age.as_ref()?.duration().as_secs());
    for (directive, on) in [("; includeSubDomains", include_sub_domains), ("; preload", preload)] {
        if *on == Some(true) {
            value.push_str(directive);
        }
    }
    Some(value.into())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::config;

    fn dress(policy: Value, secure: bool, app: &[(&'static str, &'static str)]) -> Fields {
        let mut whole = policy;
        whole["auth"] = json!({"mode": "None"});
        let config = config(whole, &[]);
        let headers = SecurityHeaders::from_policy(config.policy.security_headers.as_ref(), config.policy.tls.as_ref());
        let mut fields = Fields::default();
        app.iter().for_each(|(name, value)| fields.append(*name, *value));
        headers.dress(&mut fields, secure);
        fields
    }

    #[test]
    fn the_defaults_protect_and_tell_nothing_about_the_app() {
        let fields = dress(json!({}), true, &[("server", "nginx/1.0"), ("x-powered-by", "Express"), ("etag", "x")]);
        assert!(!fields.has("server") && !fields.has("x-powered-by") && fields.has("etag"));
        assert_eq!(fields.text("x-content-type-options"), Some("nosniff"));
        assert_eq!(fields.text("strict-transport-security"), Some("max-age=31536000"));
        assert_eq!(fields.text("content-security-policy"), Some("default-src 'none'; frame-ancestors 'none'"));
    }

    #[test]
    fn a_field_replaces_the_apps_or_yields_to_it() {
        let fields = dress(json!({}), true, &[("x-frame-options", "SAMEORIGIN"), ("referrer-policy", "origin")]);
        assert_eq!(fields.all("x-frame-options").count(), 1);
        assert_eq!(fields.text("x-frame-options"), Some("DENY"));
        assert_eq!(fields.text("referrer-policy"), Some("origin"));
    }

    #[test]
    fn a_page_gets_no_content_security_policy_that_would_break_it() {
        assert!(
            !dress(json!({}), true, &[("content-type", "text/HTML; charset=utf-8")]).has("content-security-policy")
        );
        let said =
            json!({"securityHeaders": {"set": [{"name": "Content-Security-Policy", "value": "x", "mode": "Replace"}]}});
        let fields = dress(said, true, &[("content-type", "text/html")]);
        assert_eq!(fields.text("content-security-policy"), Some("x"));
    }

    #[test]
    fn strict_transport_security_is_sent_over_tls_only() {
        let said = json!({"tls": {"hsts": {"maxAge": "1h", "includeSubDomains": true, "preload": true}}});
        let value = dress(said.clone(), true, &[]);
        assert_eq!(value.text("strict-transport-security"), Some("max-age=3600; includeSubDomains; preload"));
        assert!(!dress(said, false, &[("strict-transport-security", "max-age=1")]).has("strict-transport-security"));
    }

    #[test]
    fn what_is_disabled_is_not_sent() {
        let one = json!({"securityHeaders": {"set": [{"name": "X-Frame-Options", "enforcement": "Disabled"}]}});
        let fields = dress(one, true, &[]);
        assert!(!fields.has("x-frame-options") && fields.has("x-content-type-options"));
        let all = json!({"securityHeaders": {"enforcement": "Disabled"}, "tls": {"hsts": {"enforcement": "Disabled"}}});
        let fields = dress(all, true, &[("server", "nginx")]);
        assert_eq!((fields.len(), fields.has("server")), (1, true));
    }
}
