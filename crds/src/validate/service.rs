//! All rules over one service; every finding is told, never only the first.

use super::finding::Finding;
use super::subject::Subject;
use super::{auth, cors, limits, routes, scope, timeouts, tls};

/// Everything that is wrong with a service, errors first.
#[must_use]
pub fn validate(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    auth::judge(subject, &mut findings);
    cors::judge(subject, &mut findings);
    limits::judge(subject, &mut findings);
    routes::judge(subject, &mut findings);
    scope::judge(subject, &mut findings);
    timeouts::judge(subject, &mut findings);
    tls::judge(subject, &mut findings);
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    findings
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::compile::RouteInput;
    use crate::policy::Policy;
    use crate::routing::Matching;
    use crate::text::PathPattern;
    use crate::validate::Severity;

    /// The rules that a service with this policy and these routes breaks, with their fields.
    fn broken(policy: Value, routes: Value) -> Vec<(&'static str, String)> {
        let policy: Policy = serde_json::from_value(policy).unwrap();
        let routes: Vec<(String, PathPattern, Vec<crate::routing::Method>, Policy)> = routes
            .as_array()
            .unwrap()
            .iter()
            .map(|route| {
                let part = |name: &str| route.get(name).cloned();
                (
                    route["name"].as_str().unwrap().to_owned(),
                    route["path"].as_str().unwrap().parse().unwrap(),
                    serde_json::from_value(part("methods").unwrap_or(json!([]))).unwrap(),
                    serde_json::from_value(part("policy").unwrap_or(json!({}))).unwrap(),
                )
            })
            .collect();
        let inputs = routes.iter().map(|(name, path, methods, policy)| RouteInput { name, path, methods, policy });
        let subject = Subject { policy: &policy, routes: inputs.collect(), matching: Matching::Folded, replicas: 1 };
        validate(&subject).into_iter().map(|finding| (finding.rule, finding.path)).collect()
    }

    #[test]
    fn a_good_service_has_no_findings() {
        let policy = json!({
            "auth": {"apiKeys": {}},
            "rateLimits": [{"name": "ip", "per": "IP", "requests": 100, "window": "15m"}]});
        let routes = json!([
            {"name": "login", "path": "/login", "methods": ["POST"], "policy": {"auth": {"mode": "None"},
                "rateLimits": [{"name": "ip", "requests": 5}]}},
            {"name": "admin", "path": "/admin/**", "policy": {"access": {"anyScope": ["admin"]}}}]);
        assert_eq!(broken(policy, routes), []);
    }

    #[test]
    fn authentication_must_be_chosen() {
        for policy in [json!({}), json!({"auth": {}}), json!({"sizes": {"body": "1Mi"}})] {
            assert_eq!(broken(policy, json!([])), [("auth-chosen", "spec.policy.auth".to_owned())]);
        }
        assert_eq!(broken(json!({"auth": {"mode": "None"}}), json!([])), []);
        assert_eq!(broken(json!({"auth": {"mode": "Required"}}), json!([]))[0].0, "auth-method");
    }

    #[test]
    fn a_route_cannot_require_what_nobody_checks() {
        let policy = json!({"auth": {"mode": "None"}});
        let route = |policy: Value| json!([{"name": "a", "path": "/a", "policy": policy}]);
        assert_eq!(broken(policy.clone(), route(json!({"access": {"anyScope": ["x"]}})))[0].0, "access-identified");
        assert_eq!(broken(policy.clone(), route(json!({"auth": {"mode": "Required"}})))[0].0, "auth-method");
        assert_eq!(broken(policy, route(json!({"auth": {"mode": "Required", "apiKeys": {}}}))), []);
    }

    #[test]
    fn limits_are_whole_and_within_bounds() {
        let limits = |limits: Value| broken(json!({"auth": {"mode": "None"}, "rateLimits": limits}), json!([]));
        assert_eq!(limits(json!([{"name": "x"}])).len(), 3);
        assert_eq!(limits(json!([{"name": "x", "per": "IP", "requests": 0, "window": "1m"}]))[0].0, "limit-requests");
        assert_eq!(limits(json!([{"name": "x", "per": "IP", "requests": 1, "window": "32d"}]))[0].0, "limit-window");
        assert_eq!(limits(json!([{"name": "x", "per": "IP", "requests": 1, "window": "999ms"}]))[0].0, "limit-window");
    }

    #[test]
    fn two_routes_must_not_claim_the_same() {
        let policy = json!({"auth": {"mode": "None"}});
        let routes = json!([
            {"name": "browse", "path": "/products/**", "methods": ["GET"]},
            {"name": "catalogue", "path": "/Products/**", "methods": ["GET", "POST"]}]);
        assert_eq!(broken(policy, routes), [("route-conflict", "spec.routes".to_owned())]);
    }

    #[test]
    fn a_route_comes_too_late_for_some_fields() {
        let late = json!({
            "tls": {"profile": "Modern", "minVersion": "TLSv1.3", "certificateRefs": [{"name": "a"}]}, "sizes": {"headers": "8Ki", "headerCount": 5, "url": "1Ki"},
            "timeouts": {"head": "1s", "connect": "1s", "idle": "1s"}, "clientAddress": {}});
        let routes = json!([{"name": "a", "path": "/a", "policy": late}]);
        let rules = broken(json!({"auth": {"mode": "None"}}), routes);
        assert_eq!(rules.len(), 10);
        assert!(rules.iter().all(|(rule, _)| *rule == "not-per-route"));
    }

    #[test]
    fn profile_and_oldest_version_must_agree() {
        let tls = |tls: Value| broken(json!({"auth": {"mode": "None"}, "tls": tls}), json!([]));
        let clash = json!({"profile": "Modern", "minVersion": "TLSv1.2"});
        assert_eq!(tls(clash), [("tls-profile", "spec.policy.tls.minVersion".to_owned())]);
        for tls_policy in [
            json!({"profile": "Modern", "minVersion": "TLSv1.3"}),
            json!({"profile": "Intermediate", "minVersion": "TLSv1.3"}),
            json!({"profile": "Modern"}),
        ] {
            assert_eq!(tls(tls_policy), []);
        }
    }

    #[test]
    fn certificates_are_named_once_and_as_secrets_are() {
        let refs = |names: &[&str]| {
            let refs: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
            broken(json!({"auth": {"mode": "None"}, "tls": {"certificateRefs": refs}}), json!([]))
        };
        assert_eq!(refs(&["shop-tls", "shop.rsa"]), []);
        assert_eq!(refs(&["a", "a"])[0].0, "certificate-ref");
        assert_eq!(refs(&["../a"])[0].0, "certificate-ref");
        assert_eq!(refs(&[""])[0].0, "certificate-ref");
        assert_eq!(refs(&["a", "b", "c", "d", "e", "f", "g", "h", "i"])[0].0, "certificate-ref");
    }

    #[test]
    fn times_and_rates_are_ones_that_a_client_can_meet() {
        let timeouts = |timeouts: Value| {
            let route = json!([{"name": "a", "path": "/a", "policy": {"timeouts": timeouts}}]);
            broken(json!({"auth": {"mode": "None"}}), route)
        };
        assert_eq!(timeouts(json!({"streamIdle": "1h", "bodyRate": {"bytesPerSecond": 1, "grace": "1s"}})), []);
        assert_eq!(timeouts(json!({"bodyRate": {"enforcement": "Disabled"}})), []);
        assert_eq!(timeouts(json!({"streamIdle": "999ms"}))[0].0, "stream-idle");
        let field = |rest: &str| ("body-rate", format!("spec.routes[a].policy.timeouts.bodyRate.{rest}"));
        assert_eq!(timeouts(json!({"bodyRate": {"bytesPerSecond": 0}})), [field("bytesPerSecond")]);
        assert_eq!(timeouts(json!({"bodyRate": {"grace": "0s"}})), [field("grace")]);
    }

    #[test]
    fn no_site_may_act_as_another_sites_user() {
        let cors = |service: Value, route: Value| {
            let policy = json!({"auth": {"mode": "None"}, "cors": service});
            broken(policy, json!([{"name": "a", "path": "/a", "policy": {"cors": route}}]))
        };
        let any = json!({"allowOrigins": ["*"]});
        assert_eq!(cors(any.clone(), json!({})), []);
        let route = ("cors-credentials", "spec.routes[a].policy.cors.allowOrigins".to_owned());
        for (service, route_says) in
            [(any.clone(), json!({"allowCredentials": true})), (json!({"allowCredentials": true}), any)]
        {
            assert_eq!(cors(service, route_says), std::slice::from_ref(&route));
        }
        assert_eq!(cors(json!({"allowOrigins": ["*", "https://a.example"]}), json!({})).len(), 2);
        assert_eq!(cors(json!({"maxAge": "3h"}), json!({"maxAge": "2h"}))[0].0, "cors-max-age");
    }

    #[test]
    fn headers_that_frame_a_message_are_refused() {
        let set = |name: &str, value: &str| {
            let policy =
                json!({"auth": {"mode": "None"}, "securityHeaders": {"set": [{"name": name, "value": value}]}});
            broken(policy, json!([]))
        };
        assert_eq!(set("Content-Length", "5")[0].0, "header-ours");
        assert_eq!(set("Strict-Transport-Security", "max-age=1")[0].0, "header-ours");
        assert_eq!(set("X-A", "a\r\nSet-Cookie: x=1")[0].0, "header-value");
        assert_eq!(set("X-A", "DENY"), []);
    }

    #[test]
    fn a_limit_per_client_says_what_it_means_over_pods() {
        let policy: Policy = serde_json::from_value(json!({
            "auth": {"mode": "None"}, "rateLimits": [{"name": "ip", "per": "IP", "requests": 100, "window": "15m"}]}))
        .unwrap();
        let subject = Subject { policy: &policy, routes: Vec::new(), matching: Matching::Folded, replicas: 3 };
        let findings = validate(&subject);
        assert_eq!(findings[0].severity, Severity::Warning);
        assert!(findings[0].message.contains("300 requests"), "{}", findings[0].message);
    }
}
