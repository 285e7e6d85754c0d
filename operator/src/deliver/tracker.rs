//! Who confirmed what: kept in memory, because a pod can always be asked again.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::ask::{AskError, RevisionAnswer};
use super::target::Target;

/// How long a told pod has to refresh before it is told again; the kubelet needs a tenth of a second.
const TELL_AGAIN: Duration = Duration::from_secs(3);
/// How soon a pending pod is asked again at first, and at last.
const ASK_AGAIN: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(15));

/// Every service's delivery, by namespace and name.
#[derive(Debug, Default)]
pub struct Deliveries(Mutex<HashMap<(String, String), Tracked>>);

#[derive(Debug, Clone)]
struct Tracked {
    revision: String,
    since: Instant,
    took: Option<Duration>,
    rounds: u32,
    confirmed: BTreeSet<String>,
    told: HashMap<String, Instant>,
}

/// Where one pod stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PodState {
    /// It serves the revision.
    Confirmed,
    /// It does not yet; why.
    Pending(String),
}

/// Where a service's delivery stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delivery {
    /// The running pods and where each stands, by name.
    pub pods: Vec<(String, PodState)>,
    /// How long it took until all had confirmed; unknown where it began before this process did.
    pub took: Option<Duration>,
    /// When pending pods are asked again.
    pub ask_again: Option<Duration>,
}

/// What an answer says of a pod with that unique id.
#[must_use]
pub fn weigh(revision: &str, uid: &str, answer: Result<RevisionAnswer, AskError>) -> PodState {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return PodState::Pending(error.to_string()),
    };
    if answer.pod_uid.as_deref() != Some(uid) {
        return PodState::Pending("another pod answers at its address".to_owned());
    }
    match (answer.revision.as_deref(), answer.complete, answer.error) {
        (_, _, Some(error)) => PodState::Pending(format!("the sidecar refuses what is mounted: {error}")),
        (Some(serves), true, None) if serves == revision => PodState::Confirmed,
        (Some(serves), false, None) if serves == revision => {
            PodState::Pending(format!("waits for {}", answer.waiting_for.join(", ")))
        }
        (Some(serves), _, None) => PodState::Pending(format!("still serves revision {serves}")),
        (None, _, None) => PodState::Pending("serves no revision yet".to_owned()),
    }
}

impl Deliveries {
    /// The pods that have not confirmed this revision.
    #[must_use]
    pub fn pending(&self, service: (&str, &str), revision: &str, pods: &[Target], now: Instant) -> Vec<Target> {
        self.with(service, revision, now, |tracked| {
            pods.iter().filter(|pod| !tracked.confirmed.contains(&pod.uid)).cloned().collect()
        })
    }

    /// Whether a pending pod is to be told to refresh; the answer counts as done.
    pub fn must_tell(&self, service: (&str, &str), revision: &str, uid: &str, now: Instant) -> bool {
        self.with(service, revision, now, |tracked| {
            let lately = tracked.told.get(uid).is_some_and(|at| now.duration_since(*at) < TELL_AGAIN);
            if !lately {
                tracked.told.insert(uid.to_owned(), now);
            }
            !lately
        })
    }

    /// Takes in what a round of questions brought.
    pub fn settle(
        &self,
        service: (&str, &str),
        revision: &str,
        pods: &[Target],
        states: &HashMap<String, PodState>,
        now: Instant,
    ) -> Delivery {
        self.with(service, revision, now, |tracked| {
            let new = states.iter().filter(|(_, state)| **state == PodState::Confirmed).map(|(uid, _)| uid.clone());
            tracked.confirmed.extend(new);
            tracked.confirmed.retain(|uid| pods.iter().any(|pod| pod.uid == *uid));
            let state = |pod: &Target| match states.get(&pod.uid) {
                _ if tracked.confirmed.contains(&pod.uid) => PodState::Confirmed,
                Some(state) => state.clone(),
                None => PodState::Pending("was not asked yet".to_owned()),
            };
            let all: Vec<_> = pods.iter().map(|pod| (pod.name.clone(), state(pod))).collect();
            let done = !all.is_empty() && all.iter().all(|(_, state)| *state == PodState::Confirmed);
            if done {
                tracked.rounds = 0;
                tracked.took = tracked.took.or_else(|| Some(now.duration_since(tracked.since)));
            } else {
                tracked.rounds += 1;
            }
            let ask_again = (!done && !all.is_empty()).then(|| pause(tracked.rounds));
            Delivery { pods: all, took: tracked.took.filter(|_| done), ask_again }
        })
    }

    /// Forgets a service that is gone.
    pub fn forget(&self, service: (&str, &str)) {
        let key = (service.0.to_owned(), service.1.to_owned());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
    }

    fn with<T>(&self, service: (&str, &str), revision: &str, now: Instant, act: impl FnOnce(&mut Tracked) -> T) -> T {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (service.0.to_owned(), service.1.to_owned());
        let fresh = || Tracked {
            revision: revision.to_owned(),
            since: now,
            took: None,
            rounds: 0,
            confirmed: BTreeSet::new(),
            told: HashMap::new(),
        };
        let tracked = all.entry(key).or_insert_with(fresh);
        if tracked.revision != revision {
            *tracked = fresh();
        }
        act(tracked)
    }
}

fn pause(rounds: u32) -> Duration {
    let (first, last) = ASK_AGAIN;
    first.saturating_mul(1 << rounds.saturating_sub(1).min(10)).min(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHOP: (&str, &str) = ("store", "shop");

    fn pod(name: &str) -> Target {
        Target { name: name.into(), uid: format!("uid-{name}"), admin: "10.0.0.1:9443".parse().unwrap(), refreshed: 0 }
    }

    fn says(revision: &str, complete: bool, uid: &str) -> Result<RevisionAnswer, AskError> {
        let waiting_for = if complete { Vec::new() } else { vec!["tls/tls.crt".to_owned()] };
        Ok(RevisionAnswer {
            revision: Some(revision.into()),
            complete,
            waiting_for,
            pod_uid: Some(uid.into()),
            error: None,
        })
    }

    #[test]
    fn only_the_pod_itself_confirms_and_only_with_every_file() {
        assert_eq!(weigh("r2", "u", says("r2", true, "u")), PodState::Confirmed);
        let pending = |answer| match weigh("r2", "u", answer) {
            PodState::Pending(why) => why,
            PodState::Confirmed => panic!("confirmed"),
        };
        assert_eq!(pending(says("r1", true, "u")), "still serves revision r1");
        assert_eq!(pending(says("r2", false, "u")), "waits for tls/tls.crt");
        assert_eq!(pending(says("r2", true, "other")), "another pod answers at its address");
        assert_eq!(pending(Err(AskError::Status(404))), "status 404, not a sidecar's answer");
        let refused = RevisionAnswer { error: Some("line 1".into()), ..says("r2", true, "u").unwrap() };
        assert_eq!(pending(Ok(refused)), "the sidecar refuses what is mounted: line 1");
    }

    #[test]
    fn confirmed_pods_are_not_asked_again_until_the_revision_changes() {
        let (all, start) = (Deliveries::default(), Instant::now());
        let pods = [pod("a"), pod("b")];
        assert_eq!(all.pending(SHOP, "r1", &pods, start).len(), 2);
        let first = HashMap::from([
            ("uid-a".to_owned(), PodState::Confirmed),
            ("uid-b".to_owned(), PodState::Pending("why".into())),
        ]);
        let delivery = all.settle(SHOP, "r1", &pods, &first, start);
        assert_eq!(delivery.ask_again, Some(Duration::from_millis(100)));
        assert_eq!(delivery.pods[1], ("b".to_owned(), PodState::Pending("why".into())));
        assert_eq!(all.pending(SHOP, "r1", &pods, start), [pods[1].clone()]);

        let second = HashMap::from([("uid-b".to_owned(), PodState::Confirmed)]);
        let later = start + Duration::from_millis(400);
        let delivery = all.settle(SHOP, "r1", &pods, &second, later);
        assert_eq!((delivery.took, delivery.ask_again), (Some(Duration::from_millis(400)), None));
        assert!(all.pending(SHOP, "r1", &pods, later).is_empty());
        assert_eq!(all.pending(SHOP, "r2", &pods, later).len(), 2);
    }

    #[test]
    fn a_pod_is_told_again_only_after_a_while() {
        let (all, start) = (Deliveries::default(), Instant::now());
        assert!(all.must_tell(SHOP, "r1", "u", start));
        assert!(!all.must_tell(SHOP, "r1", "u", start + Duration::from_secs(1)));
        assert!(all.must_tell(SHOP, "r1", "u", start + TELL_AGAIN));
        assert!(all.must_tell(SHOP, "r2", "u", start + TELL_AGAIN));
    }

    #[test]
    fn pauses_grow_up_to_a_bound() {
        let all: Vec<_> = [1, 2, 3, 9, 40].map(|rounds| pause(rounds).as_millis()).into();
        assert_eq!(all, [100, 200, 400, 15_000, 15_000]);
    }
}
