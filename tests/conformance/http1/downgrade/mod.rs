//! Requests that come by HTTP/2 and go up by HTTP/1: what one cannot say, the other must not be told.

mod fields;
mod pseudo;

use super::downgrade_case::DowngradeCase;

/// Every case.
pub fn all() -> Vec<DowngradeCase> {
    [pseudo::cases(), fields::cases()].concat()
}
