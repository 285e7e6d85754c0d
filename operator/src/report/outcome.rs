//! Everything that a report is made of.

use crate::apply::Applied;
use crate::deliver::{Delivery, PodState};
use crate::model::Sound;
use crate::observe::{Live, Observed};

use super::rollout::Rollout;

/// Everything that a report is made of.
#[derive(Debug, Clone, Copy)]
pub struct Outcome<'a> {
    /// What was read.
    pub observed: &'a Observed,
    /// The service.
    pub sound: &'a Sound,
    /// What was written.
    pub applied: &'a Applied,
    /// Who confirmed.
    pub delivery: &'a Delivery,
}

impl Outcome<'_> {
    /// How far the Deployment is.
    #[must_use]
    pub fn rollout(&self) -> Rollout {
        let live = self.applied.deployment.as_ref();
        let live = live.or_else(|| self.observed.child("Deployment", &self.sound.name));
        let scaled = live.filter(|_| self.sound.autoscaler.is_some()).and_then(Live::replicas);
        Rollout::of(live, scaled.unwrap_or_else(|| self.sound.replicas()))
    }

    /// The configuration that is asked of every pod.
    #[must_use]
    pub fn revision(&self) -> &str {
        &self.sound.config.revision
    }

    /// How many of the running pods confirmed it.
    #[must_use]
    pub fn confirmed(&self) -> usize {
        self.delivery.pods.iter().filter(|(_, state)| *state == PodState::Confirmed).count()
    }

    /// Whether every running pod confirmed it, and there is one.
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        !self.delivery.pods.is_empty() && self.confirmed() == self.delivery.pods.len()
    }
}

/// So many pods, in words.
#[must_use]
pub fn pods(count: u64) -> String {
    if count == 1 { "1 pod".to_owned() } else { format!("{count} pods") }
}
