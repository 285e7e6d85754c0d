//! How far a Deployment is.

use serde_json::Value;

use crate::observe::Live;

/// How far a Deployment is; numbers are pods.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rollout {
    /// Asked for.
    pub wanted: u64,
    /// Ready, of whatever version.
    pub ready: u64,
    /// Of the newest version.
    pub updated: u64,
    /// Of an older version, still there.
    pub old: u64,
    /// Whether the controller has seen the newest version at all.
    pub is_current: bool,
    /// Why pods cannot be made, such as a quota.
    pub refused: Option<String>,
    /// Whether it took longer than its deadline.
    pub is_late: bool,
}

impl Rollout {
    /// Reads a Deployment.
    #[must_use]
    pub fn of(deployment: Option<&Live>, wanted: u32) -> Self {
        let wanted = u64::from(wanted);
        let Some(live) = deployment else { return Self { wanted, ..Self::default() } };
        let number = |field: &str| live.content().pointer(field).and_then(Value::as_u64).unwrap_or_default();
        let (all, updated) = (number("/status/replicas"), number("/status/updatedReplicas"));
        Self {
            wanted,
            ready: number("/status/readyReplicas"),
            updated,
            old: all.saturating_sub(updated),
            is_current: number("/status/observedGeneration") >= number("/metadata/generation"),
            refused: condition(live, "ReplicaFailure").filter(|(status, ..)| status == "True").map(|(.., text)| text),
            is_late: condition(live, "Progressing").is_some_and(|(_, reason, _)| reason == "ProgressDeadlineExceeded"),
        }
    }

    /// Whether every pod asked for is there, ready and of the newest version, and no other.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_current && self.old == 0 && self.updated >= self.wanted && self.ready >= self.wanted
    }
}

/// Status, reason and message of one of its conditions.
fn condition(live: &Live, kind: &str) -> Option<(String, String, String)> {
    let all = live.content().pointer("/status/conditions")?.as_array()?;
    let found = all.iter().find(|condition| condition.get("type").and_then(Value::as_str) == Some(kind))?;
    let text = |member: &str| found.get(member).and_then(Value::as_str).unwrap_or_default().to_owned();
    Some((text("status"), text("reason"), text("message")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rollout(status: Value) -> Rollout {
        let live = Live::from_value(json!({"metadata": {"name": "shop", "generation": 2}, "status": status})).unwrap();
        Rollout::of(Some(&live), 3)
    }

    #[test]
    fn complete_means_all_new_and_ready() {
        let whole = json!({"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 3});
        assert!(rollout(whole.clone()).is_complete());
        for (field, value) in [("observedGeneration", 1), ("replicas", 4), ("updatedReplicas", 2), ("readyReplicas", 2)]
        {
            let mut status = whole.clone();
            status[field] = json!(value);
            assert!(!rollout(status).is_complete(), "{field}");
        }
        assert!(!Rollout::of(None, 1).is_complete());
    }

    #[test]
    fn a_quota_and_a_missed_deadline_are_seen() {
        let seen = rollout(json!({"conditions": [
            {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": "exceeded quota: small"},
            {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]}));
        assert_eq!((seen.refused.as_deref(), seen.is_late), (Some("exceeded quota: small"), true));
    }
}
