//! The address under which the service is found inside the cluster.

use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use shipshape_crds::names::{HTTP_PORT, HTTPS_PORT, SERVICE_HTTP_PORT, SERVICE_HTTPS_PORT};

use super::metadata::{metadata, selector};
use crate::model::Sound;

/// TLS and plain HTTP, both at the sidecar; the app's own port is not reachable through it.
#[must_use]
pub fn service(sound: &Sound) -> Service {
    Service {
        metadata: metadata(sound, &sound.name),
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".to_owned()),
            selector: Some(selector(sound)),
            ports: Some(vec![
                port("https", SERVICE_HTTPS_PORT, HTTPS_PORT),
                port("http", SERVICE_HTTP_PORT, HTTP_PORT),
            ]),
            ..ServiceSpec::default()
        }),
        ..Service::default()
    }
}

fn port(name: &str, port: u16, target: u16) -> ServicePort {
    ServicePort {
        name: Some(name.to_owned()),
        app_protocol: Some(name.to_owned()),
        protocol: Some("TCP".to_owned()),
        port: i32::from(port),
        target_port: Some(IntOrString::Int(i32::from(target))),
        ..ServicePort::default()
    }
}
