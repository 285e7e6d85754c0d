//! What both containers are made of: ports, mounts, and scratch space.

use k8s_openapi::api::core::v1::{ContainerPort, EmptyDirVolumeSource, Volume, VolumeMount};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// The app's `/tmp`.
pub const APP_TMP: &str = "tmp";
/// The sidecar's `/tmp`. Its own: the app must not reach the socket in it that starts a drain.
pub const SIDECAR_TMP: &str = "shipshape-tmp";

/// A `/tmp` for each container, whose root file systems are read-only.
#[must_use]
pub fn scratch_volumes() -> [Volume; 2] {
    let empty = |name: &str, source| Volume { name: name.to_owned(), empty_dir: Some(source), ..Volume::default() };
    // In memory and tiny: only a socket lives there.
    let tiny = EmptyDirVolumeSource { medium: Some("Memory".to_owned()), size_limit: Some(Quantity("1Mi".to_owned())) };
    [empty(APP_TMP, EmptyDirVolumeSource::default()), empty(SIDECAR_TMP, tiny)]
}

/// A volume where a container sees it.
#[must_use]
pub fn mount(volume: &str, path: &str) -> VolumeMount {
    VolumeMount { name: volume.to_owned(), mount_path: path.to_owned(), ..VolumeMount::default() }
}

/// A port that a container listens on.
#[must_use]
pub fn port(name: &str, port: u16) -> ContainerPort {
    ContainerPort {
        name: Some(name.to_owned()),
        container_port: i32::from(port),
        protocol: Some("TCP".to_owned()),
        ..ContainerPort::default()
    }
}
