//! What happens to a certificate when its files change: the better one of two is served, and what is wrong is told.

use std::sync::Arc;

use jiff::Timestamp;

use super::error::TlsError;
use super::identity::Identity;

/// What is served from now on, and what is wrong with the files.
#[derive(Debug)]
pub struct Renewed {
    /// Nothing where there is neither a usable pair nor one of before.
    pub identity: Option<Arc<Identity>>,
    /// What is wrong, and what is done about it.
    pub trouble: Option<String>,
    /// When it is to be decided again although no file has changed.
    pub again_at: Option<Timestamp>,
}

/// Decides between what the files hold now and what was served before. A pair that cannot be used, is out of date, or
/// is not valid yet replaces none that still is: clients would only see an error more.
#[must_use]
pub fn renew(read: Result<Identity, TlsError>, before: Option<&Arc<Identity>>, now: Timestamp) -> Renewed {
    let kept = before.filter(|identity| identity.is_current(now));
    let until = |identity: &Identity| format!("the one of before is served until {}", identity.expires_at());
    let (identity, trouble) = match (&read, kept) {
        (Ok(new), _) if new.is_current(now) => (None, None),
        (Ok(new), Some(kept)) => (Some(kept), Some(format!("{}; {}", time_of(new, now), until(kept)))),
        (Ok(new), None) => (None, Some(format!("{}; clients refuse it", time_of(new, now)))),
        (Err(error), Some(kept)) => (Some(kept), Some(format!("{error}; {}", until(kept)))),
        // Out of date, it is still better than none: whoever looks sees what is wrong.
        (Err(error), None) => (before, Some(error.to_string())),
    };
    let begins_at = read.as_ref().ok().map(Identity::begins_at).filter(|begins_at| now < *begins_at);
    let again_at = begins_at.map(|begins_at| kept.map_or(begins_at, |kept| begins_at.min(kept.expires_at())));
    Renewed { identity: identity.cloned().or(read.ok().map(Arc::new)), trouble, again_at }
}

fn time_of(identity: &Identity, now: Timestamp) -> String {
    if now < identity.begins_at() {
        format!("is not valid before {}: is the clock of this node right?", identity.begins_at())
    } else {
        format!("has ended at {}: renew it", identity.expires_at())
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::authority::Authority;
    use super::*;

    const NOW: &str = "2026-11-21T12:00:00Z";
    const OLD: (&str, &str) = ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z");
    const GOOD: (&str, &str) = ("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z");
    const COMING: (&str, &str) = ("2026-11-22T00:00:00Z", "2026-12-22T00:00:00Z");

    fn made(time: (&str, &str)) -> Identity {
        let (chain, key) = Authority::new().issue_between(&["a.example"], time.0, time.1);
        Identity::from_pem(chain.as_bytes(), key.as_bytes()).unwrap()
    }

    /// Whether the certificate of before stays, and what is told.
    fn outcome(read: Result<Identity, TlsError>, before: Option<(&str, &str)>) -> (Option<bool>, String) {
        let before = before.map(|time| Arc::new(made(time)));
        let Renewed { identity, trouble, again_at: _ } = renew(read, before.as_ref(), NOW.parse().unwrap());
        let stays = identity.map(|served| before.is_some_and(|before| Arc::ptr_eq(&before, &served)));
        (stays, trouble.unwrap_or_default())
    }

    #[test]
    fn a_good_pair_is_served_whatever_was_before() {
        for before in [None, Some(OLD), Some(GOOD)] {
            assert_eq!(outcome(Ok(made(GOOD)), before), (Some(false), String::new()));
        }
    }

    #[test]
    fn a_bad_pair_replaces_none_that_is_valid() {
        let (stays, told) = outcome(Err(TlsError::Mismatch), Some(GOOD));
        assert_eq!(stays, Some(true));
        assert!(told.contains("belongs to the key") && told.contains("until 2026-12-01"), "{told}");
        let (stays, told) = outcome(Ok(made(OLD)), Some(GOOD));
        assert!(stays == Some(true) && told.contains("ended at 2026-02-01"), "{told}");
        let (stays, told) = outcome(Ok(made(COMING)), Some(GOOD));
        assert!(stays == Some(true) && told.contains("not valid before 2026-11-22"), "{told}");
    }

    #[test]
    fn a_pair_whose_time_comes_is_judged_again_then() {
        let now = NOW.parse().unwrap();
        let again = |read: (&str, &str), before: Option<(&str, &str)>| {
            let before = before.map(|time| Arc::new(made(time)));
            renew(Ok(made(read)), before.as_ref(), now).again_at.map(|at| at.to_string())
        };
        assert_eq!(again(COMING, Some(GOOD)).as_deref(), Some(COMING.0));
        assert_eq!(
            again(COMING, Some(("2026-11-01T00:00:00Z", "2026-11-21T13:00:00Z"))).as_deref(),
            Some("2026-11-21T13:00:00Z")
        );
        assert_eq!(again(COMING, None).as_deref(), Some(COMING.0));
        assert_eq!(again(OLD, Some(GOOD)), None);
        assert_eq!(again(GOOD, None), None);
    }

    #[test]
    fn without_anything_better_what_is_there_is_served_and_told() {
        let (stays, told) = outcome(Ok(made(OLD)), Some(OLD));
        assert!(stays == Some(false) && told.contains("renew it; clients refuse it"), "{told}");
        assert_eq!(outcome(Err(TlsError::Key), Some(OLD)).0, Some(true));
        assert_eq!(outcome(Err(TlsError::Key), None).0, None);
    }
}
