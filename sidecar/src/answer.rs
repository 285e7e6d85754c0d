//! How a phase ends a request early: with an answer of our own, with a refusal, or because nobody waits any more.

use crate::problem::Problem;
use crate::wire::ResponseHead;

/// What the client gets without the app being asked.
#[derive(Debug)]
pub enum Answer {
    /// An answer without a body, such as a redirect.
    Reply(ResponseHead),
    /// A refusal. Boxed: it is rare, and every phase's outcome would carry its size.
    Refuse(Box<Problem>),
    /// Nothing: the client went away.
    Gone,
}

impl From<Problem> for Answer {
    fn from(problem: Problem) -> Self {
        Self::Refuse(Box::new(problem))
    }
}
