//! Tallies by key, bounded in number: when full, what matters least is forgotten first.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use super::key::Key;
use super::tally::{Allowance, Decision, Tally};

/// Locks, so that workers seldom wait for each other.
const SHARDS: usize = 16;
/// How many entries are looked at to find the one to forget.
const SAMPLE: usize = 16;

/// Tallies by key.
///
/// When a shard is full, a hand walks over its entries as in the CLOCK algorithm and looks at the next 16: the first
/// that is idle (forgetting it loses nothing) makes room, else the one that has used least. A flood of new addresses
/// therefore pushes out its own entries of one request each, never a client that is close to its limit: to make the
/// limiter forget such a client an attacker must bring as many others as close to theirs, which costs the whole table
/// times the allowance in requests. Forgetting errs on the client's side: it never refuses anybody.
pub(super) struct Table<T> {
    shards: Vec<Mutex<Shard<T>>>,
    hasher: RandomState,
    capacity: usize,
}

struct Shard<T> {
    places: HashMap<Key, usize>,
    entries: Vec<(Key, T)>,
    hand: usize,
}

impl<T: Tally> Table<T> {
    /// A table of at most `capacity` entries, rounded up to a multiple of the number of shards.
    pub(super) fn new(capacity: usize) -> Self {
        let shard = || Mutex::new(Shard { places: HashMap::new(), entries: Vec::new(), hand: 0 });
        Self {
            shards: std::iter::repeat_with(shard).take(SHARDS).collect(),
            hasher: RandomState::new(),
            capacity: capacity.div_ceil(SHARDS).max(1),
        }
    }

    pub(super) fn take(&self, key: &Key, allowance: &Allowance, now: u64) -> Decision {
        self.with_shard(key, |shard| shard.entry(key, self.capacity, allowance, now).map(|t| t.take(allowance, now)))
            .unwrap_or(Decision { admitted: true, remaining: 0, wait: 0 })
    }

    pub(super) fn give_back(&self, key: &Key, allowance: &Allowance, at: u64) {
        self.with_shard(key, |shard| {
            let place = *shard.places.get(key)?;
            shard.entries.get_mut(place).map(|(_, tally)| tally.give_back(allowance, at))
        });
    }

    /// How many keys are known.
    pub(super) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).entries.len()).sum()
    }

    /// There always is a shard; the option only spares an index.
    fn with_shard<R>(&self, key: &Key, work: impl FnOnce(&mut Shard<T>) -> Option<R>) -> Option<R> {
        let at = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or_default();
        let mut shard = self.shards.get(at)?.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut shard)
    }
}

impl<T: Tally> Shard<T> {
    fn entry(&mut self, key: &Key, capacity: usize, allowance: &Allowance, now: u64) -> Option<&mut T> {
        let place = match self.places.get(key) {
            Some(place) => *place,
            None if self.entries.len() < capacity => {
                self.entries.push((key.clone(), T::default()));
                self.places.insert(key.clone(), self.entries.len() - 1);
                self.entries.len() - 1
            }
            None => self.replace(key, allowance, now)?,
        };
        self.entries.get_mut(place).map(|(_, tally)| tally)
    }

    fn replace(&mut self, key: &Key, allowance: &Allowance, now: u64) -> Option<usize> {
        let count = self.entries.len();
        let places = (0..SAMPLE.min(count)).map(|step| (self.hand + step) % count);
        let used = |place: usize| self.entries.get(place).map_or(0, |(_, tally)| tally.used(allowance, now));
        let mut least: Option<(u32, usize)> = None;
        for place in places {
            let used = used(place);
            if least.is_none_or(|(fewest, _)| used < fewest) {
                least = Some((used, place));
            }
            if used == 0 {
                break;
            }
        }
        let (_, place) = least?;
        self.hand = (self.hand + SAMPLE) % count;
        let entry = self.entries.get_mut(place)?;
        self.places.remove(&entry.0);
        *entry = (key.clone(), T::default());
        self.places.insert(key.clone(), place);
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::time::Duration;

    use super::super::window::SubWindows;
    use super::*;

    fn key(number: u32) -> Key {
        Key::V4(Ipv4Addr::from_bits(number))
    }

    #[test]
    fn a_flood_of_addresses_stays_bounded_and_does_not_reset_an_exhausted_client() {
        let (table, allowance) = (Table::<SubWindows>::new(1600), Allowance::new(5, Duration::from_secs(60)));
        let client = key(0);
        while table.take(&client, &allowance, 0).admitted {}
        for number in 1..100_000 {
            table.take(&key(number), &allowance, 1);
        }
        assert_eq!(table.len(), 1600);
        assert!(!table.take(&client, &allowance, 2).admitted, "the flood made the limiter forget its client");
    }

    #[test]
    fn idle_entries_make_room_before_a_client_that_asked_once() {
        let (table, allowance) = (Table::<SubWindows>::new(320), Allowance::new(5, Duration::from_secs(1)));
        for number in 0..3_000 {
            table.take(&key(number), &allowance, 0);
        }
        let later = 10_000_000_000;
        assert_eq!(table.take(&key(5_000), &allowance, later).remaining, 4);
        for number in 6_000..6_040 {
            table.take(&key(number), &allowance, later);
        }
        assert_eq!(table.take(&key(5_000), &allowance, later).remaining, 3);
        assert_eq!(table.len(), 320);
    }
}
