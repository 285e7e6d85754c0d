//! The upstreams' answers, by class.

mod bodies;
mod framing;
mod heads;
mod special;

use super::answer::AnswerCase;

/// Every case.
pub fn all() -> Vec<AnswerCase> {
    [framing::cases(), bodies::cases(), heads::cases(), special::cases()].concat()
}
