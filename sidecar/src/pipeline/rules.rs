//! The compiled configuration: what one request is measured against.

use std::sync::Arc;

use shipshape_crds::sidecar_config::SidecarConfig;
use shipshape_crds::validate::Finding;

use crate::counters::LimitStore;
use crate::filters::api_key::KeyRing;
use crate::filters::https_redirect::Ports;
use crate::telemetry::metrics::SidecarMetrics;

/// What rules are made of.
pub struct Inputs {
    /// The configuration.
    pub config: Arc<SidecarConfig>,
    /// The keys that are accepted.
    pub keys: KeyRing,
    /// The counters of limits; the same at every reload.
    pub limits: Arc<LimitStore>,
    /// The metrics; the same at every reload.
    pub metrics: Arc<SidecarMetrics>,
    /// The ports that are listened on.
    pub ports: Ports,
}

/// The compiled configuration. A request takes one `Arc` of it and keeps it to its end.
pub struct Rules {
    config: Arc<SidecarConfig>,
}

impl Rules {
    /// Compiles a configuration.
    ///
    /// # Errors
    /// Everything in it that cannot be enforced, each with its field.
    pub fn build(inputs: Inputs) -> Result<Self, Vec<Finding>> {
        Ok(Self { config: inputs.config })
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Arc<SidecarConfig> {
        &self.config
    }
}
