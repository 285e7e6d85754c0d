//! identify: who calls.

use std::sync::Arc;

use super::preflight::Cleared;
use super::route::Routed;
use super::rules::Rules;
use crate::facts::Facts;
use crate::filters::api_key::KnownKey;
use crate::problem::Problem;

/// A request with its caller: known by a key that was verified, or anonymous where that is allowed. Its fields are
/// private: only [`identify`] makes one, so an identity cannot be invented elsewhere.
pub(super) struct Caller<'r> {
    routed: Routed<'r>,
    key: Option<Arc<KnownKey>>,
}

pub(super) fn identify<'r>(rules: &Rules, facts: &mut Facts, cleared: Cleared<'r>) -> Result<Caller<'r>, Problem> {
    let routed = cleared.into_routed();
    let Some(authentication) = &routed.rules().authentication else { return Ok(Caller { routed, key: None }) };
    let verdict = authentication.identify(routed.head(), &rules.keys, facts.time);
    // A reported failure goes on as anonymous: who could not be identified must not look identified to the app.
    let key = facts.judge(authentication.enforcement, verdict)?.flatten();
    facts.caller.clone_from(&key);
    Ok(Caller { routed, key })
}

impl<'r> Caller<'r> {
    pub(super) fn key(&self) -> Option<&Arc<KnownKey>> {
        self.key.as_ref()
    }

    pub(super) fn routed(&self) -> &Routed<'r> {
        &self.routed
    }

    pub(super) fn into_routed(self) -> Routed<'r> {
        self.routed
    }
}
