//! Objects that something changes back as soon as they are written: they are written again only after a while.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long an object is left alone after it was changed back.
const TRUCE: Duration = Duration::from_secs(300);

/// Objects that were changed back, by their unique id.
#[derive(Debug, Default)]
pub struct Contests(Mutex<HashMap<String, Contest>>);

#[derive(Debug, Clone)]
struct Contest {
    hash: String,
    field: String,
    since: Instant,
}

impl Contests {
    /// Notes that a write of this content did not last, and where.
    pub fn lost(&self, uid: &str, hash: &str, field: &str, now: Instant) {
        let contest = Contest { hash: hash.to_owned(), field: field.to_owned(), since: now };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, contest| now.duration_since(contest.since) < TRUCE);
        all.insert(uid.to_owned(), contest);
    }

    /// The field over which a write of this content was lost a short while ago.
    #[must_use]
    pub fn truce(&self, uid: &str, hash: &str, now: Instant) -> Option<String> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let contest = all.get(uid).filter(|contest| contest.hash == hash)?;
        (now.duration_since(contest.since) < TRUCE).then(|| contest.field.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_write_is_tried_again_later_or_with_other_content() {
        let (contests, start) = (Contests::default(), Instant::now());
        contests.lost("u1", "h1", "spec.x", start);
        assert_eq!(contests.truce("u1", "h1", start).as_deref(), Some("spec.x"));
        assert_eq!(contests.truce("u1", "h2", start), None);
        assert_eq!(contests.truce("u1", "h1", start + TRUCE), None);
    }
}
