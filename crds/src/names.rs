//! The names that operator, sidecar, charts and tests share: group, labels, ports and mount paths.

/// The API group of every resource.
pub const GROUP: &str = "shipshape.dev";
/// The label, on everything made for a service, that names it.
pub const SERVICE_LABEL: &str = "shipshape.dev/service";
/// The value of `app.kubernetes.io/managed-by` on everything the operator makes.
pub const MANAGED_BY: &str = "shipshape-operator";
/// The annotation with the hash of what the operator last applied.
pub const HASH_ANNOTATION: &str = "shipshape.dev/applied-hash";
/// The pod annotation that the operator counts up so that the kubelet refreshes the mounted policy at once.
pub const REFRESH_ANNOTATION: &str = "shipshape.dev/refresh";

/// Name of the sidecar's container.
pub const SIDECAR_CONTAINER: &str = "shipshape";
/// Name of the app's container.
pub const APP_CONTAINER: &str = "app";

/// Where the sidecar accepts TLS inside the pod.
pub const HTTPS_PORT: u16 = 8443;
/// Where the sidecar accepts plain HTTP inside the pod.
pub const HTTP_PORT: u16 = 8080;
/// Where the sidecar answers probes, metrics and the operator.
pub const ADMIN_PORT: u16 = 9443;
/// The Service's port for TLS.
pub const SERVICE_HTTPS_PORT: u16 = 443;
/// The Service's port for plain HTTP.
pub const SERVICE_HTTP_PORT: u16 = 80;

/// Where the policy volume is mounted in the sidecar.
pub const MOUNT_PATH: &str = "/etc/shipshape";
/// The sidecar's configuration, relative to the mount path.
pub const CONFIG_FILE: &str = "config.json";
/// The certificate chain, PEM, relative to the mount path.
pub const CERTIFICATE_FILE: &str = "tls/tls.crt";
/// The certificate's private key, PEM, relative to the mount path.
pub const CERTIFICATE_KEY_FILE: &str = "tls/tls.key";
/// The peppers of API keys, relative to the mount path.
pub const PEPPERS_FILE: &str = "peppers.json";

/// How many Secrets hold a service's API keys: each is optional in the pod, so more keys need no rollout.
pub const KEY_SHARDS: usize = 8;
/// The most keys in one shard; a Secret holds at most 1 MiB.
pub const KEYS_PER_SHARD: usize = 4_000;

/// The files of a certificate of the user's own, chain and key, relative to the mount path.
#[must_use]
pub fn certificate_files(secret: &str) -> (String, String) {
    (format!("certificates/{secret}/tls.crt"), format!("certificates/{secret}/tls.key"))
}

/// The file of one shard of API keys, relative to the mount path.
#[must_use]
pub fn key_shard_file(shard: usize) -> String {
    format!("api-keys/{shard}.json")
}
