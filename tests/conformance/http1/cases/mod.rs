//! The requests, by class.

mod alien;
mod chunks;
mod content_length;
mod fields;
mod hop_by_hop;
mod host;
mod lines;
mod ordinary;
mod paths;
mod request_line;
mod sizes;
mod trailers;
mod transfer_encoding;

use super::case::Case;

/// Every case.
pub fn all() -> Vec<Case> {
    [
        ordinary::cases(),
        transfer_encoding::cases(),
        content_length::cases(),
        chunks::cases(),
        trailers::cases(),
        lines::cases(),
        fields::cases(),
        request_line::cases(),
        host::cases(),
        paths::cases(),
        hop_by_hop::cases(),
        sizes::cases(),
        alien::cases(),
    ]
    .concat()
}
