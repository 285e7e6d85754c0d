//! From an `ApiService` to the file that a sidecar reads, outside of a cluster.

use shipshape_crds::api::ApiService;
use shipshape_crds::compile::{Input, compile};
use shipshape_crds::sidecar_config::{Listen, ServiceName, SidecarConfig};

/// How long a sidecar on a laptop waits for requests in flight, in seconds.
const DRAIN_SECONDS: u32 = 5;

/// What a sidecar is told of a service, still without a revision and files.
///
/// # Errors
/// When merged layers are no policy; only a defect could cause it.
pub fn configuration(service: &ApiService, listen: Listen, app: String) -> Result<SidecarConfig, serde_json::Error> {
    let (spec, metadata) = (&service.spec, &service.metadata);
    compile(&Input {
        service: ServiceName::new(
            metadata.namespace.as_deref().unwrap_or("default"),
            metadata.name.as_deref().unwrap_or_default(),
        ),
        listen,
        app: spec.app_endpoint(app),
        hostnames: spec.hostnames().to_vec(),
        matching: spec.matching.unwrap_or_default(),
        policy: spec.policy_said(),
        routes: spec.route_inputs(),
        drain_seconds: DRAIN_SECONDS,
    })
}
