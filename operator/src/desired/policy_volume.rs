//! The one volume that carries everything the sidecar reads: one atomic swap for all files.

use k8s_openapi::api::core::v1::{KeyToPath, ProjectedVolumeSource, SecretProjection, Volume, VolumeProjection};
use shipshape_crds::names::{
    CERTIFICATE_FILE, CERTIFICATE_KEY_FILE, CONFIG_FILE, KEY_SHARDS, PEPPERS_FILE, certificate_files, key_shard_file,
};
use shipshape_crds::policy::CertificateRef;

use super::names::{PEPPER_SECRET, SHARD_KEY, key_shard_secret, policy_secret, tls_secret};

/// The volume's name.
pub const POLICY_VOLUME: &str = "shipshape-policy";

/// Readable by owner and group only: there is a private key in it.
const MODE: i32 = 0o440;

/// Configuration and certificate, which must be there, and the shards of API keys, the peppers, and certificates of the
/// user's own, which may come later: an optional Secret needs no new pod.
#[must_use]
pub fn policy_volume(service: &str, own_certificates: &[CertificateRef]) -> Volume {
    let mut sources = vec![
        secret(policy_secret(service), false, &[(CONFIG_FILE, CONFIG_FILE)]),
        secret(tls_secret(service), false, &[("tls.crt", CERTIFICATE_FILE), ("tls.key", CERTIFICATE_KEY_FILE)]),
        secret(PEPPER_SECRET.to_owned(), true, &[(PEPPERS_FILE, PEPPERS_FILE)]),
    ];
    sources.extend(
        (0..KEY_SHARDS)
            .map(|shard| secret(key_shard_secret(service, shard), true, &[(SHARD_KEY, &key_shard_file(shard))])),
    );
    sources.extend(own_certificates.iter().map(|CertificateRef { name }| {
        let (chain, key) = certificate_files(name);
        secret(name.clone(), true, &[("tls.crt", &chain), ("tls.key", &key)])
    }));
    Volume {
        name: POLICY_VOLUME.to_owned(),
        projected: Some(ProjectedVolumeSource { default_mode: Some(MODE), sources: Some(sources) }),
        ..Volume::default()
    }
}

fn secret(name: String, optional: bool, items: &[(&str, &str)]) -> VolumeProjection {
    let item = |(key, path): &(&str, &str)| KeyToPath { key: (*key).to_owned(), path: (*path).to_owned(), mode: None };
    VolumeProjection {
        secret: Some(SecretProjection {
            name,
            optional: optional.then_some(true),
            items: Some(items.iter().map(item).collect()),
        }),
        ..VolumeProjection::default()
    }
}
