//! From a configuration to rules, once at load: everything is parsed, nothing is left to a request.

use std::sync::Arc;

use shipshape_crds::compile::field_of;
use shipshape_crds::merge::Sources;
use shipshape_crds::policy::{self, Enforcement, Per, Policy};
use shipshape_crds::routing::{Conflict, Matching, RouteTable};
use shipshape_crds::sidecar_config::SidecarConfig;
use shipshape_crds::text::HeaderName;
use shipshape_crds::validate::Finding;

use super::rules::{Inputs, RouteRules, RouteTimeouts, Rules};
use crate::counters::Scope;
use crate::filters::authentication::Authentication;
use crate::filters::body_limit::BodyLimit;
use crate::filters::client_address::ClientAddress;
use crate::filters::cors::Cors;
use crate::filters::head_limits::HeadLimits;
use crate::filters::host::Hosts;
use crate::filters::https_redirect::HttpsRedirect;
use crate::filters::rate_fields::RateFields;
use crate::filters::rate_limit::RateLimit;
use crate::filters::scopes::Scopes;
use crate::filters::security_headers::SecurityHeaders;
use crate::telemetry::line::names;
use crate::telemetry::metrics::{RouteSlot, UNROUTED};
use crate::wire::{Patience, Rate};

/// The name, in metrics and logs, of what no route claims; parentheses keep it apart from names of routes.
const DEFAULT: &str = "(default)";

/// One policy to compile.
struct Source<'a> {
    /// The route's name; `None` for the service's own policy.
    route: Option<&'a str>,
    policy: &'a Policy,
    sources: &'a Sources,
}

impl Rules {
    /// Compiles a configuration.
    ///
    /// # Errors
    /// Everything in it that cannot be enforced, each with its field; not only the first.
    pub fn build(inputs: Inputs) -> Result<Self, Vec<Finding>> {
        rules(inputs)
    }
}

fn rules(inputs: Inputs) -> Result<Rules, Vec<Finding>> {
    let config = Arc::clone(&inputs.config);
    let mut findings = Vec::new();
    let own = Source { route: None, policy: &config.policy, sources: &config.sources };
    let default = route_rules(&own, &inputs, &mut findings);
    let routes: Vec<Option<RouteRules>> = config
        .routes
        .iter()
        .map(|route| Source { route: Some(&route.name), policy: &route.policy, sources: &route.sources })
        .map(|source| route_rules(&source, &inputs, &mut findings))
        .collect();
    let table = RouteTable::build(config.routes.iter().map(|r| (&r.path, r.methods.as_slice())), config.matching)
        .map_err(|conflicts| findings.extend(conflicts.iter().map(|conflict| conflict_finding(&config, conflict))));
    let (Ok(table), Some(default), true) = (table, default, findings.is_empty()) else { return Err(findings) };
    let field = |path: &str| own.field(path);
    Ok(Rules {
        unrouted_names: names(&config.service.name, UNROUTED),
        outline: HeadLimits::from_policy(config.policy.sizes.as_ref(), field),
        hosts: Hosts::from_config(&config),
        addresses: ClientAddress::from_policy(config.policy.client_address.as_ref()),
        keys: inputs.keys,
        internal: internal_tables(&config),
        table,
        routes: routes.into_iter().flatten().collect(),
        default,
        unrouted: RouteSlot::default(),
        config,
    })
}

impl Source<'_> {
    fn field(&self, path: &str) -> Arc<str> {
        field_of(self.route, self.sources, path).into()
    }
}

/// `None` where a finding says why.
fn route_rules(source: &Source<'_>, inputs: &Inputs, findings: &mut Vec<Finding>) -> Option<RouteRules> {
    // Without `..`: a protection that is added to the policy does not compile until it stands here.
    let Policy {
        tls,
        client_address: _, // read before a route is known
        cors,
        auth,
        access,
        rate_limits: _, // by `limits` below
        rate_limit_fields,
        sizes,
        timeouts,
        security_headers,
    } = source.policy;
    let field = |path: &str| source.field(path);
    let name = source.route.unwrap_or(DEFAULT);
    let authentication = Authentication::from_policy(auth.as_ref(), &inputs.config.service.name, field)
        .map_err(|finding| findings.push(finding))
        .ok();
    let key_field = auth.as_ref().and_then(|auth| auth.api_keys.as_ref()?.header.as_ref()).map(HeaderName::lower);
    let (metered, screened) = limits(source, inputs, findings).into_iter().partition(|limit| limit.per == Per::Client);
    Some(RouteRules {
        slot: inputs.metrics.route_slot(name),
        names: names(&inputs.config.service.name, name),
        redirect: HttpsRedirect::from_policy(tls.as_ref(), inputs.ports),
        cors: Cors::from_policy(cors.as_ref(), key_field, field),
        authentication: authentication?,
        scopes: Scopes::from_policy(access.as_ref(), field),
        screened,
        metered,
        limit_fields: RateFields::from_policy(*rate_limit_fields),
        body: BodyLimit::from_policy(sizes.as_ref(), field),
        timeouts: route_timeouts(timeouts.as_ref(), field),
        headers: SecurityHeaders::from_policy(security_headers.as_ref(), tls.as_ref()),
    })
}

fn route_timeouts(timeouts: Option<&policy::Timeouts>, field: impl Fn(&str) -> Arc<str>) -> RouteTimeouts {
    let length = |pick: fn(&policy::Timeouts) -> Option<&shipshape_crds::text::Timespan>| {
        timeouts.and_then(pick).map(shipshape_crds::text::Timespan::duration)
    };
    RouteTimeouts {
        request: length(|timeouts| timeouts.request.as_ref()),
        request_field: field("timeouts.request"),
        body: Patience { idle: length(|timeouts| timeouts.body_idle.as_ref()), rate: timeouts.and_then(body_rate) },
        body_idle_field: field("timeouts.bodyIdle"),
        stream_idle: length(|timeouts| timeouts.stream_idle.as_ref()),
        connect_field: field("timeouts.connect"),
    }
}

fn body_rate(timeouts: &policy::Timeouts) -> Option<Rate> {
    let policy::BodyRate { bytes_per_second, grace, enforcement } = timeouts.body_rate.as_ref()?;
    let grace = grace.as_ref()?.duration();
    let is_on = enforcement.unwrap_or_default() == policy::Switch::Enforce;
    is_on.then_some(Rate { bytes_per_second: (*bytes_per_second)?, grace })
}

fn limits(source: &Source<'_>, inputs: &Inputs, findings: &mut Vec<Finding>) -> Vec<RateLimit> {
    let on = source.policy.rate_limits.iter().filter(|limit| limit.enforcement != Some(Enforcement::Disabled));
    let build = |limit: &policy::RateLimit| {
        let field = source.field(&format!("rateLimits[{}]", limit.name));
        let slot = inputs.metrics.limit_slot(&limit.name);
        RateLimit::from_policy(limit, scope(source, limit, &inputs.config.policy), field, &inputs.limits, slot)
    };
    on.filter_map(|limit| build(limit).map_err(|finding| findings.push(finding)).ok()).collect()
}

/// A limit per route counts each route; another one counts over all routes that leave it as the service says it.
fn scope(source: &Source<'_>, limit: &policy::RateLimit, service: &Policy) -> Scope {
    let as_the_service_says = service.rate_limits.contains(limit);
    match source.route {
        route if limit.per == Some(Per::Route) => Scope::Route(route.unwrap_or(DEFAULT).to_owned()),
        Some(route) if !as_the_service_says => Scope::Route(route.to_owned()),
        _ => Scope::Service,
    }
}

/// Always folded: a path that must stay inside must stay inside in every spelling.
fn internal_tables(config: &SidecarConfig) -> Vec<RouteTable> {
    let one = |path| RouteTable::build([(path, [].as_slice())], Matching::Folded).ok();
    config.app.internal_paths.iter().filter_map(one).collect()
}

fn conflict_finding(config: &SidecarConfig, conflict: &Conflict) -> Finding {
    let route = |index: usize| config.routes.get(index).map(|route| (route.name.as_str(), route.path.as_str()));
    let (first, _) = route(conflict.first).unwrap_or_default();
    let (second, path) = route(conflict.second).unwrap_or_default();
    let message = format!("\"{first}\" and \"{second}\" both claim {path}: change one's path or methods");
    Finding::error("routes-conflict", "spec.routes", message)
}
