//! What the app itself has seen, so that a test can prove that a refused request never reached it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// How many paths are told apart; further ones share [`OTHERS`].
const PATHS: usize = 1000;
/// Where requests are counted once there are too many paths.
const OTHERS: &str = "others";

/// Requests by path.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<BTreeMap<String, u64>>);

impl Seen {
    /// Counts one request.
    pub(super) fn count(&self, path: &str) {
        let mut paths = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = paths.len() < PATHS || paths.contains_key(path);
        *paths.entry(if known { path } else { OTHERS }.to_owned()).or_default() += 1;
    }

    /// The counts so far.
    #[must_use]
    pub(super) fn by_path(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_path_within_its_bounds() {
        let seen = Seen::default();
        for number in 0..=PATHS {
            seen.count(&format!("/{number}"));
        }
        seen.count("/0");
        let counts = seen.by_path();
        assert_eq!(counts.get("/0"), Some(&2));
        assert_eq!(counts.get(OTHERS), Some(&1));
        assert_eq!(counts.len(), PATHS + 1);
    }
}
