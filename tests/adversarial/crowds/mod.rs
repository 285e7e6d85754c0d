//! Floods over HTTP/1 and TLS: very many connections, and requests that never end.

mod connections;
mod endless;
mod requests;

use crate::step::Step;

pub use endless::steps as endless;

/// Crowds: of connections, and of requests.
pub fn steps() -> Vec<Step> {
    [connections::steps(), requests::steps()].into_iter().flatten().collect()
}
