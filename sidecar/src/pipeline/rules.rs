//! The compiled configuration: what one request is measured against.

use std::sync::Arc;
use std::time::Duration;

use shipshape_crds::routing::RouteTable;
use shipshape_crds::sidecar_config::SidecarConfig;

use crate::counters::LimitStore;
use crate::facts::RouteFact;
use crate::filters::api_key::KeyRing;
use crate::filters::authentication::Authentication;
use crate::filters::body_limit::BodyLimit;
use crate::filters::client_address::ClientAddress;
use crate::filters::cors::Cors;
use crate::filters::head_limits::HeadLimits;
use crate::filters::host::Hosts;
use crate::filters::https_redirect::{HttpsRedirect, Ports};
use crate::filters::rate_fields::RateFields;
use crate::filters::rate_limit::RateLimit;
use crate::filters::scopes::Scopes;
use crate::filters::security_headers::SecurityHeaders;
use crate::telemetry::metrics::{RouteSlot, SidecarMetrics};
use crate::wire::Patience;

/// What rules are made of.
pub struct Inputs {
    /// The configuration.
    pub config: Arc<SidecarConfig>,
    /// The keys that are accepted.
    pub keys: KeyRing,
    /// The counters of limits; the same at every reload.
    pub limits: Arc<LimitStore>,
    /// The metrics; the same at every reload.
    pub metrics: Arc<SidecarMetrics>,
    /// The ports that are listened on.
    pub ports: Ports,
}

/// The compiled configuration. A request takes one `Arc` of it and keeps it to its end.
pub struct Rules {
    pub(super) config: Arc<SidecarConfig>,
    /// What log lines of requests without a route call them.
    pub(super) unrouted_names: Box<[u8]>,
    pub(super) outline: HeadLimits,
    pub(super) hosts: Hosts,
    pub(super) addresses: ClientAddress,
    pub(super) keys: KeyRing,
    /// Paths that are not found from outside: a table each, because they may overlap.
    pub(super) internal: Vec<RouteTable>,
    pub(super) table: RouteTable,
    pub(super) routes: Vec<RouteRules>,
    pub(super) default: RouteRules,
    pub(super) unrouted: RouteSlot,
}

/// The compiled policy of one route: one named field each.
pub(super) struct RouteRules {
    /// What log lines call it.
    pub(super) names: Box<[u8]>,
    pub(super) slot: RouteSlot,
    pub(super) redirect: Option<HttpsRedirect>,
    pub(super) cors: Option<Cors>,
    pub(super) authentication: Option<Authentication>,
    pub(super) scopes: Option<Scopes>,
    /// Limits that need no identity.
    pub(super) screened: Vec<RateLimit>,
    /// Limits by credential.
    pub(super) metered: Vec<RateLimit>,
    pub(super) limit_fields: RateFields,
    pub(super) body: BodyLimit,
    pub(super) timeouts: RouteTimeouts,
    pub(super) headers: SecurityHeaders,
}

/// How long a route's requests may take, and where that was said.
pub(super) struct RouteTimeouts {
    pub(super) request: Option<Duration>,
    pub(super) request_field: Arc<str>,
    /// For a request's body.
    pub(super) body: Patience,
    pub(super) body_idle_field: Arc<str>,
    /// For streams and tunnels.
    pub(super) stream_idle: Option<Duration>,
    pub(super) connect_field: Arc<str>,
}

impl Rules {
    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Arc<SidecarConfig> {
        &self.config
    }

    /// The rules that a request follows.
    pub(super) fn of(&self, route: RouteFact) -> &RouteRules {
        match route {
            RouteFact::Route(index) => self.routes.get(index).unwrap_or(&self.default),
            RouteFact::Default | RouteFact::Unrouted => &self.default,
        }
    }
}
