//! The end, a change of configuration, a new certificate, and an app that closes connections, all under load: no
//! request is lost, and no connection refused.

mod changes;
mod client;
mod drains;
mod load;
mod streams;

use crate::step::Step;

/// Every one of them.
pub fn steps() -> Vec<Step> {
    [drains::steps(), changes::steps(), streams::steps()].into_iter().flatten().collect()
}
