//! The built-in policy: what holds where nobody said otherwise, each number with its reason.

use crate::policy::{
    Access, ApiKeys, Auth, BodyRate, ClientAddress, Cors, Enforcement, HeaderField, HeaderMode, Hsts, Policy,
    RateLimitFields, Redirect, RedirectStatus, SecurityHeaders, Sizes, Switch, Timeouts, Tls, TlsProfile, TlsVersion,
};
use crate::routing::Method;
use crate::text::{ByteSize, HeaderName, Timespan};

/// The header that carries an API key unless another is named.
pub const API_KEY_HEADER: &str = "X-API-Key";

/// The fields of every answer, after OWASP's HTTP Headers cheat sheet: name, value, mode.
const SECURITY_HEADERS: [(&str, &str, HeaderMode); 5] = [
    // Without it browsers guess types, and an upload becomes a script.
    ("X-Content-Type-Options", "nosniff", HeaderMode::Replace),
    // An API is never framed; older browsers do not read frame-ancestors.
    ("X-Frame-Options", "DENY", HeaderMode::Replace),
    // Paths of an API carry identifiers that other sites must not learn.
    ("Referrer-Policy", "no-referrer", HeaderMode::IfAbsent),
    // What is not a page needs no script, style or frame.
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'", HeaderMode::IfAbsent),
    // The old filter made holes of its own; 0 switches it off, as OWASP asks.
    ("X-XSS-Protection", "0", HeaderMode::Replace),
];

/// Fields of the app that tell an attacker what to look up.
const REMOVED_HEADERS: [&str; 2] = ["Server", "X-Powered-By"];

/// The innermost layer: every field that has a default is present in it.
#[must_use]
pub fn built_in() -> Policy {
    Policy {
        tls: Some(tls()),
        client_address: Some(ClientAddress::default()),
        cors: Some(cors()),
        auth: Some(Auth { mode: None, api_keys: None, enforcement: Some(Enforcement::Enforce) }),
        access: Some(Access { any_scope: Vec::new(), all_scopes: Vec::new(), enforcement: Some(Enforcement::Enforce) }),
        rate_limits: Vec::new(),
        // Clients of today read the old fields, those of tomorrow the new ones.
        rate_limit_fields: Some(RateLimitFields::Both),
        sizes: Some(sizes()),
        timeouts: Some(timeouts()),
        security_headers: Some(security_headers()),
    }
}

/// The method a service gets where it asks for API keys and says no more.
#[must_use]
pub fn api_keys() -> ApiKeys {
    ApiKeys { header: API_KEY_HEADER.parse().ok() }
}

fn tls() -> Tls {
    Tls {
        profile: Some(TlsProfile::Intermediate),
        // 1.0 and 1.1 are deprecated by RFC 8996.
        min_version: Some(TlsVersion::V1_2),
        certificate_refs: Vec::new(),
        redirect: Some(Redirect {
            status: Some(RedirectStatus::PermanentRedirect),
            enforcement: Some(Switch::Enforce),
        }),
        hsts: Some(Hsts {
            // A year is what browsers' built-in lists ask for at least.
            max_age: Some(Timespan::from_secs(365 * 86_400)),
            include_sub_domains: Some(false),
            preload: Some(false),
            enforcement: Some(Switch::Enforce),
        }),
    }
}

/// What a page may ask for where it may ask at all.
fn cors() -> Cors {
    let headers = ["Authorization", "Content-Type", "X-Requested-With"];
    Cors {
        allow_origins: Vec::new(),
        allow_methods: vec![Method::Get, Method::Head, Method::Post, Method::Put, Method::Patch, Method::Delete],
        allow_headers: headers.iter().filter_map(|name| name.parse().ok()).collect(),
        expose_headers: Vec::new(),
        allow_credentials: Some(false),
        // Half of what a careful browser keeps, so that a change is felt soon.
        max_age: Some(Timespan::from_secs(600)),
        enforcement: Some(Enforcement::Enforce),
    }
}

fn sizes() -> Sizes {
    Sizes {
        // Ten times an ordinary JSON request; uploads say what they need.
        body: Some(ByteSize::from_kib(1024)),
        body_by_type: Vec::new(),
        // A token of 8 KiB, cookies, and room.
        headers: Some(ByteSize::from_kib(16)),
        header_count: Some(100),
        // Browsers and proxies agree on about 8 KiB (RFC 9112 section 3 asks for 8000 at least).
        url: Some(ByteSize::from_kib(8)),
        enforcement: Some(Enforcement::Enforce),
    }
}

fn timeouts() -> Timeouts {
    Timeouts {
        request: Some(Timespan::from_secs(30)),
        // A slow client may hold a connection, but not for long.
        head: Some(Timespan::from_secs(10)),
        body_idle: Some(Timespan::from_secs(30)),
        body_rate: Some(BodyRate {
            // A modem's rate: whoever is slower means to be.
            bytes_per_second: Some(500),
            grace: Some(Timespan::from_secs(10)),
            enforcement: Some(Switch::Enforce),
        }),
        // Longer than the heartbeats of common WebSocket and event-stream libraries.
        stream_idle: Some(Timespan::from_secs(300)),
        // The app is in the same pod: more means that it hangs.
        connect: Some(Timespan::from_secs(2)),
        idle: Some(Timespan::from_secs(75)),
    }
}

fn security_headers() -> SecurityHeaders {
    let field = |(name, value, mode): (&str, &str, HeaderMode)| {
        let name = name.parse::<HeaderName>().ok()?;
        Some(HeaderField { name, value: Some(value.to_owned()), mode: Some(mode), enforcement: Some(Switch::Enforce) })
    };
    SecurityHeaders {
        set: SECURITY_HEADERS.into_iter().filter_map(field).collect(),
        remove: REMOVED_HEADERS.iter().filter_map(|name| name.parse().ok()).collect(),
        enforcement: Some(Switch::Enforce),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_default_is_lost_in_parsing() {
        let headers = security_headers();
        assert_eq!(headers.set.len(), SECURITY_HEADERS.len());
        assert_eq!(headers.remove.len(), REMOVED_HEADERS.len());
        assert!(api_keys().header.is_some());
    }
}
