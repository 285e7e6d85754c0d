//! screen: cheap refusals before any cryptography: the limits that need no identity.

use shipshape_crds::policy::Per;

use super::limits::take;
use super::route::Routed;
use super::worker::WorkerContext;
use crate::counters::Key;
use crate::facts::Facts;
use crate::problem::Problem;

/// A request that no limit by address, route or service refuses. Its field is private: only [`screen`] makes one.
pub(super) struct Screened<'r> {
    routed: Routed<'r>,
}

pub(super) fn screen<'r>(
    context: &WorkerContext,
    facts: &mut Facts,
    routed: Routed<'r>,
) -> Result<Screened<'r>, Problem> {
    let address = facts.origin.client;
    let key = |per: Per| match per {
        Per::IP | Per::Client => Key::from(address),
        Per::Route | Per::Service => Key::All,
    };
    take(context, facts, &routed.rules().screened, key)?;
    Ok(Screened { routed })
}

impl<'r> Screened<'r> {
    pub(super) fn into_routed(self) -> Routed<'r> {
        self.routed
    }
}
