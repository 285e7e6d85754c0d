//! Floods over HTTP/1 and TLS: very many connections, and requests that never end.

mod connections;
mod endless;
mod requests;

use crate::step::Step;

/// Every one of them.
pub fn steps() -> Vec<Step> {
    [connections::steps(), requests::steps(), endless::steps()].into_iter().flatten().collect()
}
