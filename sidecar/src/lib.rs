//! The sidecar: it stands in front of the app inside the pod and enforces the policy.

pub mod wire;
