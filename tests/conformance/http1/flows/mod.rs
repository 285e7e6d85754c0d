//! What takes several requests to show: reuse of the upstream's connections, retries, clients that leave, tunnels.

mod leaving;
mod retries;
mod tunnels;

use super::flow::Flow;

/// All of them.
pub fn all() -> Vec<Flow> {
    [retries::FLOWS, leaving::FLOWS, tunnels::FLOWS].concat()
}
