//! The roots that the service's clients trust, for anyone to mount.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;

use super::metadata::metadata;
use super::names::{BUNDLE_KEY, trust_bundle as bundle_name};
use crate::model::Sound;

/// Every root that a client has to trust, under the key that the Gateway API and cert-manager use as well.
#[must_use]
pub fn trust_bundle(sound: &Sound) -> ConfigMap {
    ConfigMap {
        metadata: metadata(sound, bundle_name(&sound.name)),
        data: Some(BTreeMap::from([(BUNDLE_KEY.to_owned(), sound.trust_bundle.clone())])),
        ..ConfigMap::default()
    }
}
