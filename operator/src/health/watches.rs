//! Whether every watch is alive: a healthy one asks again at least once per timeout, whether anything happened or not.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::{Request, Uri};

/// After how long the API server ends a watch, in seconds; below the 240 s after which some load balancers drop an idle
/// connection without a word.
pub const WATCH_SECONDS: u32 = 200;
/// How long a watch may be silent before it counts as dead.
const LONGEST_SILENCE: Duration = Duration::from_secs(2 * WATCH_SECONDS as u64);

/// When each watch last asked the API server, by its path and selector.
#[derive(Debug, Default)]
pub struct Watches(Mutex<HashMap<String, Instant>>);

impl Watches {
    /// Notes a request, if it is a watch.
    pub fn note<B>(&self, request: &Request<B>, now: Instant) {
        if let Some(name) = watch_name(request.uri()) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name, now);
        }
    }

    /// The longest silence of any watch, and which; `None` where nothing is watched.
    #[must_use]
    pub fn oldest(&self, now: Instant) -> Option<(String, Duration)> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (name, at) = all.iter().min_by_key(|(_, at)| **at)?;
        Some((name.clone(), now.saturating_duration_since(*at)))
    }

    /// The watch that is dead, if one is.
    #[must_use]
    pub fn dead(&self, now: Instant) -> Option<String> {
        self.oldest(now).filter(|(_, age)| *age > LONGEST_SILENCE).map(|(name, _)| name)
    }
}

/// What a watch is of; the rest of its query changes from request to request.
fn watch_name(uri: &Uri) -> Option<String> {
    let query = uri.query()?;
    let parts: Vec<&str> = query.split('&').filter(|part| !part.is_empty()).collect();
    let selector = parts.iter().find(|part| part.starts_with("labelSelector=")).copied().unwrap_or_default();
    parts.contains(&"watch=true").then(|| format!("{}?{selector}", uri.path()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uri: &str) -> Request<()> {
        Request::builder().uri(uri).body(()).unwrap()
    }

    #[test]
    fn a_silent_watch_is_found_and_others_do_not_hide_it() {
        let (watches, start) = (Watches::default(), Instant::now());
        assert_eq!(watches.oldest(start), None);
        watches.note(&request("/api/v1/pods?&watch=true&labelSelector=a&resourceVersion=1"), start);
        watches.note(&request("/api/v1/secrets?&limit=500"), start);
        let later = start + LONGEST_SILENCE + Duration::from_secs(1);
        watches.note(&request("/api/v1/services?&watch=true"), later);
        assert_eq!(watches.dead(start), None);
        assert_eq!(watches.dead(later).as_deref(), Some("/api/v1/pods?labelSelector=a"));
        watches.note(&request("/api/v1/pods?&watch=true&labelSelector=a&resourceVersion=9"), later);
        assert_eq!(watches.dead(later), None);
    }
}
