//! What keeps a pod within Pod Security's *restricted* standard, whatever its image says.

use k8s_openapi::api::core::v1::{Capabilities, PodSecurityContext, SeccompProfile, SecurityContext};
use shipshape_crds::api;

/// The user and group that own nothing on any node; numeric, because the kubelet refuses to trust a name.
const NOBODY: i64 = 65532;

/// The pod's users, and its system calls.
#[must_use]
pub fn pod_security(said: Option<&api::SecurityContext>) -> PodSecurityContext {
    let api::SecurityContext { run_as_user, run_as_group, fs_group, read_only_root_filesystem: _ } =
        said.cloned().unwrap_or_default();
    PodSecurityContext {
        run_as_non_root: Some(true),
        run_as_user: Some(run_as_user.unwrap_or(NOBODY)),
        run_as_group: Some(run_as_group.unwrap_or(NOBODY)),
        fs_group: Some(fs_group.unwrap_or(NOBODY)),
        seccomp_profile: Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), localhost_profile: None }),
        ..PodSecurityContext::default()
    }
}

/// The app's container.
#[must_use]
pub fn app_security(said: Option<&api::SecurityContext>) -> SecurityContext {
    let read_only = said.and_then(|said| said.read_only_root_filesystem).unwrap_or(true);
    SecurityContext { read_only_root_filesystem: Some(read_only), ..hardened() }
}

/// The sidecar's container: always its own user, so that an app under another cannot touch its memory or files.
#[must_use]
pub fn sidecar_security() -> SecurityContext {
    SecurityContext {
        run_as_user: Some(NOBODY),
        run_as_group: Some(NOBODY),
        read_only_root_filesystem: Some(true),
        ..hardened()
    }
}

fn hardened() -> SecurityContext {
    SecurityContext {
        run_as_non_root: Some(true),
        allow_privilege_escalation: Some(false),
        capabilities: Some(Capabilities { add: None, drop: Some(vec!["ALL".to_owned()]) }),
        ..SecurityContext::default()
    }
}
