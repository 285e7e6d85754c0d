//! The Kubernetes resources: `ApiService` and `ApiKey`, as `kubectl explain` shows them.

#[cfg(feature = "kube")]
mod api_key;
#[cfg(feature = "kube")]
mod api_service;
#[cfg(feature = "kube")]
mod definitions;
#[cfg(feature = "kube")]
mod read;
#[cfg(feature = "kube")]
mod reading;
#[cfg(feature = "kube")]
mod status;
#[cfg(feature = "kube")]
mod workload;

#[cfg(feature = "kube")]
pub use self::{
    api_key::{ApiKey, ApiKeySpec, ApiKeyStatus, KeyFingerprint, ServiceRef},
    api_service::{ApiService, ApiServiceSpec, Expose, Route, RouteMatch, Scale},
    definitions::definitions,
    read::{ReadError, read},
    status::{ApiServiceStatus, Condition, LimitBound},
    workload::{App, EnvVar, Health, ImagePullSecret, PullPolicy, Resources, SecretKeyRef, SecurityContext, ValueFrom},
};
