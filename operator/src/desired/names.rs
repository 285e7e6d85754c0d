//! The names of what a service is made of, and the keys in its Secrets.

/// The Secret, one per namespace, with the peppers of its API keys.
pub const PEPPER_SECRET: &str = "shipshape-pepper";

/// The key of a shard Secret.
pub const SHARD_KEY: &str = "keys.json";

/// The key of the trust bundle's `ConfigMap`.
pub const BUNDLE_KEY: &str = "ca.crt";

/// The Secret with what the sidecar is told.
#[must_use]
pub fn policy_secret(service: &str) -> String {
    format!("{service}-policy")
}

/// The Secret with the service's certificate.
#[must_use]
pub fn tls_secret(service: &str) -> String {
    format!("{service}-tls")
}

/// The Secret with one shard of the service's API keys.
#[must_use]
pub fn key_shard_secret(service: &str, shard: usize) -> String {
    format!("{service}-api-keys-{shard}")
}

/// The `ConfigMap` with the roots that the service's clients trust.
#[must_use]
pub fn trust_bundle(service: &str) -> String {
    format!("{service}-ca")
}
