//! preflight: plain HTTP is told to come back over TLS.

use super::route::Routed;
use super::screen::Screened;
use crate::answer::Answer;
use crate::facts::Facts;

/// A request that came the way it should. Its field is private: only [`preflight`] makes one.
pub(super) struct Cleared<'r> {
    routed: Routed<'r>,
}

pub(super) fn preflight<'r>(facts: &Facts, screened: Screened<'r>) -> Result<Cleared<'r>, Answer> {
    let routed = screened.into_routed();
    match &routed.rules().redirect {
        Some(redirect) if !facts.secure => Err(Answer::Reply(redirect.answer(routed.head())?)),
        _ => Ok(Cleared { routed }),
    }
}

impl<'r> Cleared<'r> {
    pub(super) fn into_routed(self) -> Routed<'r> {
        self.routed
    }
}
