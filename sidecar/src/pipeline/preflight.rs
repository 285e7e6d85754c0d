//! preflight: plain HTTP is told to come back over TLS, and a browser what pages of other sites may do.

use shipshape_crds::policy::Enforcement;

use super::route::Routed;
use super::screen::Screened;
use crate::answer::Answer;
use crate::facts::Facts;

/// A request that came the way it should. Its field is private: only [`preflight`] makes one.
pub(super) struct Cleared<'r> {
    routed: Routed<'r>,
}

pub(super) fn preflight<'r>(facts: &mut Facts, screened: Screened<'r>) -> Result<Cleared<'r>, Answer> {
    let routed = screened.into_routed();
    let (rules, head) = (routed.rules(), routed.head());
    if let Some(redirect) = rules.redirect.as_ref().filter(|_| !facts.secure) {
        return Err(Answer::Reply(redirect.answer(head)?));
    }
    if let Some(cors) = rules.cors.as_ref().filter(|_| !facts.asked.origin.is_empty()) {
        match cors.preflight(head) {
            Some(verdict) => {
                let granted = facts.judge(cors.enforcement, verdict)?;
                // What is only reported is left to the app, preflights included.
                if let Some(granted) = granted.filter(|_| cors.enforcement == Enforcement::Enforce) {
                    return Err(Answer::Reply(granted));
                }
            }
            None => drop(facts.judge(cors.enforcement, cors.check(head))?),
        }
    }
    Ok(Cleared { routed })
}

impl<'r> Cleared<'r> {
    pub(super) fn into_routed(self) -> Routed<'r> {
        self.routed
    }
}
