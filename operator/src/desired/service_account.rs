//! The account that the pods run under: it may do nothing, and its token is not mounted.

use k8s_openapi::api::core::v1::ServiceAccount;

use super::metadata::metadata;
use crate::model::Sound;

/// An account of the service's own, so that rights given to it are given to no other pod.
#[must_use]
pub fn service_account(sound: &Sound) -> ServiceAccount {
    ServiceAccount {
        metadata: metadata(sound, &sound.name),
        automount_service_account_token: Some(false),
        ..ServiceAccount::default()
    }
}
