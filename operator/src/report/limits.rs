//! What rate limits hold for over all pods.

use shipshape_crds::api::LimitBound;
use shipshape_crds::compile::field_of;
use shipshape_crds::merge::{Layer, Sources};
use shipshape_crds::policy::{Enforcement, Guarantee, RateLimit};
use shipshape_crds::sidecar_config::SidecarConfig;

/// The most requests that pass in one window of each limit, over so many pods: each pod counts for itself.
#[must_use]
pub fn bounds(config: &SidecarConfig, pods: u32) -> Vec<LimitBound> {
    let service = config.policy.rate_limits.iter().filter_map(|limit| bound(None, &config.sources, limit, pods));
    let routes = config.routes.iter().flat_map(|route| {
        let own = |limit: &&RateLimit| says(&route.sources, &limit.name);
        let limits = route.policy.rate_limits.iter().filter(own);
        limits.filter_map(|limit| bound(Some(&route.name), &route.sources, limit, pods))
    });
    service.chain(routes).collect()
}

/// Whether the route says anything of that limit itself.
fn says(sources: &Sources, limit: &str) -> bool {
    let (whole, below) = (format!("rateLimits[{limit}]"), format!("rateLimits[{limit}]."));
    sources.iter().any(|(path, layer)| *layer == Layer::Route && (*path == whole || path.starts_with(&below)))
}

fn bound(route: Option<&str>, sources: &Sources, limit: &RateLimit, pods: u32) -> Option<LimitBound> {
    if matches!(limit.enforcement, Some(Enforcement::Disabled | Enforcement::Report)) {
        return None;
    }
    let requests = u64::from(limit.requests?);
    let over_pods = requests.saturating_mul(u64::from(pods));
    // A bucket of N that is full lets N through at once, and N more while it fills again.
    let factor = if limit.guarantee == Some(Guarantee::Average) { 2 } else { 1 };
    let name = match route {
        Some(route) => format!("spec.routes[{route}].policy.rateLimits[{}]", limit.name),
        None => field_of(None, sources, &format!("rateLimits[{}]", limit.name)),
    };
    Some(LimitBound { name, max_per_window: over_pods.saturating_mul(factor) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shipshape_crds::compile::{Input, RouteInput, compile};
    use shipshape_crds::policy::Policy;
    use shipshape_crds::sidecar_config::{AppEndpoint, Listen, ServiceName};

    use super::*;

    #[test]
    fn each_pod_counts_for_itself() {
        let limit = |name: &str, per: &str| json!({"name": name, "per": per, "requests": 10, "window": "1m"});
        let mut average = limit("avg", "Client");
        average["guarantee"] = json!("Average");
        let mut reported = limit("seen", "IP");
        reported["enforcement"] = json!("Report");
        let policy: Policy = serde_json::from_value(
            json!({"rateLimits": [limit("ip", "IP"), limit("all", "Service"), average, reported]}),
        )
        .unwrap();
        let over: Policy = serde_json::from_value(json!({"rateLimits": [{"name": "ip", "requests": 2}]})).unwrap();
        let path = "/login".parse().unwrap();
        let config = compile(&Input {
            service: ServiceName::new("s", "n"),
            listen: Listen { https: String::new(), http: String::new(), admin: String::new() },
            app: AppEndpoint::new(String::new()),
            hostnames: Vec::new(),
            matching: Default::default(),
            policy: &policy,
            routes: vec![RouteInput { name: "login", path: &path, methods: &[], policy: &over }],
            drain_seconds: 1,
        })
        .unwrap();
        let told: Vec<_> = bounds(&config, 3).into_iter().map(|bound| (bound.name, bound.max_per_window)).collect();
        let field = |name: &str| format!("spec.policy.rateLimits[{name}]");
        assert_eq!(
            told,
            [
                (field("ip"), 30),
                (field("all"), 30),
                (field("avg"), 60),
                ("spec.routes[login].policy.rateLimits[ip]".to_owned(), 6),
            ]
        );
    }
}
