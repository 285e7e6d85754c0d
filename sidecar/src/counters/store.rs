//! The counters of all limits, by what the limit is: they outlive the configuration that named them.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use shipshape_crds::policy::{Guarantee, Per};

use super::average::Refill;
use super::key::Key;
use super::table::Table;
use super::tally::{Allowance, Decision};
use super::window::SubWindows;

/// The most clients that one limit knows at a time: about 10 MB.
const ENTRIES: usize = 100_000;

/// What a limit is. Two limits of the same identity share their counter, before and after a reload; how many requests
/// it allows is no part of it, so a raised limit takes effect without forgetting anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Where it counts.
    pub scope: Scope,
    /// Its name.
    pub name: String,
    /// What it counts together.
    pub per: Per,
    /// Its window in nanoseconds.
    pub window: u64,
    /// What it promises.
    pub guarantee: Guarantee,
}

/// Where a limit counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Over all routes that leave the service's limit as it is.
    Service,
    /// For one route alone.
    Route(String),
}

/// The counters of all limits. One per process.
#[derive(Default)]
pub struct LimitStore {
    counters: Mutex<Vec<(Identity, Weak<Counter>)>>,
}

/// The counter of one limit, shared by all workers.
pub struct Counter(Kind);

enum Kind {
    Window(Table<SubWindows>),
    Average(Table<Refill>),
}

impl LimitStore {
    /// The counter of a limit: the one that an earlier configuration used, as long as that is still in use.
    #[must_use]
    pub fn counter(&self, identity: &Identity) -> Arc<Counter> {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        counters.retain(|(_, counter)| counter.strong_count() > 0);
        let known = counters.iter().find(|(known, _)| known == identity).and_then(|(_, counter)| counter.upgrade());
        known.unwrap_or_else(|| {
            let counter = Arc::new(Counter::new(identity.guarantee));
            counters.push((identity.clone(), Arc::downgrade(&counter)));
            counter
        })
    }
}

impl Counter {
    fn new(guarantee: Guarantee) -> Self {
        match guarantee {
            Guarantee::Window => Self(Kind::Window(Table::new(ENTRIES))),
            Guarantee::Average => Self(Kind::Average(Table::new(ENTRIES))),
        }
    }

    /// Counts one more, if it passes. `now` is nanoseconds of one monotonic clock.
    #[must_use]
    pub fn take(&self, key: &Key, allowance: &Allowance, now: u64) -> Decision {
        match &self.0 {
            Kind::Window(table) => table.take(key, allowance, now),
            Kind::Average(table) => table.take(key, allowance, now),
        }
    }

    /// Takes back what was counted at a moment, because another limit refused the request.
    pub fn give_back(&self, key: &Key, allowance: &Allowance, at: u64) {
        match &self.0 {
            Kind::Window(table) => table.give_back(key, allowance, at),
            Kind::Average(table) => table.give_back(key, allowance, at),
        }
    }

    /// How many keys it knows.
    #[must_use]
    pub fn entries(&self) -> usize {
        match &self.0 {
            Kind::Window(table) => table.len(),
            Kind::Average(table) => table.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use super::*;

    fn identity(name: &str, guarantee: Guarantee) -> Identity {
        Identity { scope: Scope::Service, name: name.into(), per: Per::IP, window: 60_000_000_000, guarantee }
    }

    #[test]
    fn a_counter_survives_as_long_as_somebody_uses_it() {
        let (store, allowance) = (LimitStore::default(), Allowance::new(1, Duration::from_secs(60)));
        let before = store.counter(&identity("a", Guarantee::Window));
        assert!(before.take(&Key::All, &allowance, 0).admitted);
        let after = store.counter(&identity("a", Guarantee::Window));
        assert!(!after.take(&Key::All, &allowance, 0).admitted);
        assert!(store.counter(&identity("b", Guarantee::Window)).take(&Key::All, &allowance, 0).admitted);
        drop((before, after));
        assert!(store.counter(&identity("a", Guarantee::Window)).take(&Key::All, &allowance, 0).admitted);
    }

    #[test]
    fn threads_together_never_pass_the_allowance() {
        for guarantee in [Guarantee::Window, Guarantee::Average] {
            let counter = LimitStore::default().counter(&identity("a", guarantee));
            let (allowance, passed) = (Allowance::new(1_000, Duration::from_secs(60)), AtomicU32::new(0));
            std::thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| {
                        for _ in 0..1_000 {
                            let decision = counter.take(&Key::All, &allowance, 5);
                            passed.fetch_add(u32::from(decision.admitted), Ordering::Relaxed);
                        }
                    });
                }
            });
            assert_eq!(passed.load(Ordering::Relaxed), 1_000, "{guarantee:?}");
        }
    }
}
