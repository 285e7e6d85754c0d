//! Floods over HTTP/1 and TLS: very many connections, and requests that never end.

mod connections;
mod endless;
mod requests;
mod shortage;

use crate::step::Step;

pub use endless::steps as endless;

/// Crowds: of connections, of requests, of what is short.
pub fn steps() -> Vec<Step> {
    [connections::steps(), requests::steps(), shortage::steps()].into_iter().flatten().collect()
}
