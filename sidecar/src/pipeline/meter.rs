//! meter: how much the caller may do.

use std::sync::Arc;

use shipshape_crds::policy::Per;

use super::authorise::Permit;
use super::limits::take;
use super::route::Routed;
use super::worker::WorkerContext;
use crate::counters::Key;
use crate::facts::Facts;
use crate::problem::Problem;

/// A caller within its limits. Its field is private: only [`meter`] makes one.
pub(super) struct Metered<'r> {
    permit: Permit<'r>,
}

pub(super) fn meter<'r>(
    context: &WorkerContext,
    facts: &mut Facts,
    permit: Permit<'r>,
) -> Result<Metered<'r>, Problem> {
    let (key, address) = (permit.caller().key().map(|key| Arc::clone(&key.id)), facts.origin.client);
    let key = |_: Per| key.clone().map_or_else(|| Key::from(address), Key::Credential);
    take(context, facts, &permit.caller().routed().rules().metered, key)?;
    Ok(Metered { permit })
}

impl<'r> Metered<'r> {
    pub(super) fn into_routed(self) -> Routed<'r> {
        self.permit.into_caller().into_routed()
    }
}
