//! The operator's own metrics.

use std::time::Duration;

use prometheus::{
    Encoder, Histogram, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};

use crate::apply::Applied;
use crate::deliver::{Delivery, PodState};

/// Every metric of the operator.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Registry,
    reconciles: IntCounterVec,
    durations: HistogramVec,
    objects: IntCounterVec,
    pending: IntGaugeVec,
    acknowledgements: Histogram,
    certificates: IntGaugeVec,
    authority: IntGauge,
    leader: IntGauge,
    watch_age: IntGauge,
}

impl Metrics {
    /// All metrics, registered and at zero.
    ///
    /// # Errors
    /// When two share a name; only a defect could cause it.
    pub fn new() -> Result<Self, prometheus::Error> {
        let opts = |name: &str, help: &str| Opts::new(format!("shipshape_operator_{name}"), help);
        let histogram = |name: &str, help: &str, buckets: &[f64]| {
            HistogramOpts::new(format!("shipshape_operator_{name}"), help).buckets(buckets.to_vec())
        };
        let seconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
        let all = Self {
            registry: Registry::new(),
            reconciles: IntCounterVec::new(
                opts("reconciles_total", "Reconciles by how they ended."),
                &["kind", "outcome"],
            )?,
            durations: HistogramVec::new(
                histogram("reconcile_seconds", "How long a reconcile took.", &seconds),
                &["kind"],
            )?,
            objects: IntCounterVec::new(
                opts("objects_total", "Objects by kind and by what a reconcile did with them."),
                &["kind", "action"],
            )?,
            pending: IntGaugeVec::new(
                opts("pending_acknowledgements", "Running pods that have not confirmed the revision asked of them."),
                &["namespace", "service"],
            )?,
            acknowledgements: Histogram::with_opts(histogram(
                "acknowledgement_seconds",
                "How long it took until every running pod confirmed a revision.",
                &seconds,
            ))?,
            certificates: IntGaugeVec::new(
                opts("certificate_expiry_timestamp_seconds", "When a service's certificate ends."),
                &["namespace", "service"],
            )?,
            authority: IntGauge::with_opts(opts(
                "authority_expiry_timestamp_seconds",
                "When the root that signs ends.",
            ))?,
            leader: IntGauge::with_opts(opts("leader", "1 in the process that leads, 0 in those that wait."))?,
            watch_age: IntGauge::with_opts(opts("watch_age_seconds", "The longest silence of any watch."))?,
        };
        all.register()?;
        Ok(all)
    }

    fn register(&self) -> Result<(), prometheus::Error> {
        let Self {
            registry,
            reconciles,
            durations,
            objects,
            pending,
            acknowledgements,
            certificates,
            authority,
            leader,
            watch_age,
        } = self;
        registry.register(Box::new(reconciles.clone()))?;
        registry.register(Box::new(durations.clone()))?;
        registry.register(Box::new(objects.clone()))?;
        registry.register(Box::new(pending.clone()))?;
        registry.register(Box::new(acknowledgements.clone()))?;
        registry.register(Box::new(certificates.clone()))?;
        registry.register(Box::new(authority.clone()))?;
        registry.register(Box::new(leader.clone()))?;
        registry.register(Box::new(watch_age.clone()))
    }

    /// Notes how a reconcile ended.
    pub fn reconciled(&self, kind: &str, outcome: &str, took: Duration) {
        self.reconciles.with_label_values(&[kind, outcome]).inc();
        self.durations.with_label_values(&[kind]).observe(took.as_secs_f64());
    }

    /// Notes what became of objects.
    pub fn applied(&self, applied: &Applied) {
        let Applied { written, unchanged, repaired, pruned, contested, failed, held: _, deployment: _ } = applied;
        let failed: Vec<String> = failed.iter().map(|failure| failure.object.clone()).collect();
        let all = [
            ("written", written),
            ("unchanged", unchanged),
            ("repaired", repaired),
            ("pruned", pruned),
            ("contested", contested),
            ("failed", &failed),
        ];
        for (action, objects) in all {
            for object in objects {
                let kind = object.split('/').next().unwrap_or_default();
                self.objects.with_label_values(&[kind, action]).inc();
            }
        }
    }

    /// Notes where a delivery stands; `is_new` where the last report still waited for it.
    pub fn delivered(&self, service: (&str, &str), delivery: &Delivery, is_new: bool) {
        let pending = delivery.pods.iter().filter(|(_, state)| *state != PodState::Confirmed).count();
        self.pending.with_label_values(&[service.0, service.1]).set(i64::try_from(pending).unwrap_or(i64::MAX));
        if let (Some(took), true) = (delivery.took, is_new) {
            self.acknowledgements.observe(took.as_secs_f64());
        }
    }

    /// Notes when a service's certificate ends, in seconds since 1970.
    pub fn certificate(&self, service: (&str, &str), ends: i64) {
        self.certificates.with_label_values(&[service.0, service.1]).set(ends);
    }

    /// Notes when the root that signs ends, in seconds since 1970.
    pub fn authority(&self, ends: i64) {
        self.authority.set(ends);
    }

    /// Notes whether this process leads.
    pub fn leads(&self, leads: bool) {
        self.leader.set(i64::from(leads));
    }

    /// Forgets a service that is gone. What was never counted is no error.
    pub fn forget(&self, service: (&str, &str)) {
        let labels = [service.0, service.1];
        let _ = self.pending.remove_label_values(&labels);
        let _ = self.certificates.remove_label_values(&labels);
    }

    /// Everything in Prometheus' text format; the age is that of the most silent watch.
    ///
    /// # Errors
    /// When it cannot be written; only a defect could cause it.
    pub fn text(&self, watch_age: Option<Duration>) -> Result<Vec<u8>, prometheus::Error> {
        let seconds = watch_age.unwrap_or_default().as_secs();
        self.watch_age.set(i64::try_from(seconds).unwrap_or(i64::MAX));
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_is_counted_by_kind() {
        let metrics = Metrics::new().unwrap();
        let applied = Applied { written: vec!["Secret/a".into(), "Secret/b".into()], ..Applied::default() };
        metrics.applied(&applied);
        metrics.reconciled("ApiService", "ok", Duration::from_millis(20));
        metrics.certificate(("store", "shop"), 7);
        let text = |metrics: &Metrics| String::from_utf8(metrics.text(Some(Duration::from_secs(9))).unwrap()).unwrap();
        let shown = text(&metrics);
        assert!(shown.contains(r#"shipshape_operator_objects_total{action="written",kind="Secret"} 2"#), "{shown}");
        assert!(shown.contains("shipshape_operator_watch_age_seconds 9"), "{shown}");
        assert!(shown.contains(r#"service="shop"} 7"#), "{shown}");
        metrics.forget(("store", "shop"));
        assert!(!text(&metrics).contains("shop"));
    }
}
