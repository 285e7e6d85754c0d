//! What takes several requests to show: reuse of the upstream's connections, retries, clients that leave, tunnels.

mod leaving;
mod mutations;
mod retries;
mod splits;
mod tunnels;

use super::flow::Flow;

/// All of them.
pub fn all() -> Vec<Flow> {
    [retries::FLOWS, leaving::FLOWS, mutations::FLOWS, splits::FLOWS, tunnels::FLOWS].concat()
}
