//! authorise: what the caller may do.

use super::identify::Caller;
use crate::facts::Facts;
use crate::problem::Problem;

/// A caller that may do what it asks. Its field is private: only [`authorise`] makes one.
pub(super) struct Permit<'r> {
    caller: Caller<'r>,
}

pub(super) fn authorise<'r>(facts: &mut Facts, caller: Caller<'r>) -> Result<Permit<'r>, Problem> {
    let rules = caller.routed().rules();
    if let Some(scopes) = &rules.scopes {
        let verdict = match (caller.key(), &rules.authentication) {
            (Some(key), _) => scopes.check(&key.scopes),
            // Who is not known is asked who it is, before it is told what it lacks.
            (None, Some(authentication)) => Err(authentication.missing()),
            (None, None) => scopes.check(&[]),
        };
        facts.judge(scopes.enforcement, verdict)?;
    }
    Ok(Permit { caller })
}

impl<'r> Permit<'r> {
    pub(super) fn caller(&self) -> &Caller<'r> {
        &self.caller
    }

    pub(super) fn into_caller(self) -> Caller<'r> {
        self.caller
    }
}
