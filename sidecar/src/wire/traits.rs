//! The two sides of the wire: the client that asked and the app that answers.
//!
//! Nothing here moves between threads: a request lives and ends on the worker that has its connection.

use std::future::{Future, poll_fn};
use std::task::{Context, Poll};

use tokio::time::Instant;

use super::body::{Body, Capped};
use super::head::{RequestHead, ResponseHead};

/// The client of one request.
pub trait Client {
    /// Passes on an interim answer (1xx, RFC 9110 section 15.2) that the app gave; a client that cannot take one, as
    /// over HTTP/1.0, gets none.
    ///
    /// # Errors
    /// When the client went away.
    fn hint(&mut self, head: ResponseHead) -> impl Future<Output = Result<(), ClientGone>>;

    /// Answers. The body is taken as the client reads it; the future ends when it was taken whole or the client went
    /// away. Dropping the body tells its source that nobody reads on.
    ///
    /// # Errors
    /// When the client went away first.
    fn answer(self, head: ResponseHead, body: Body) -> impl Future<Output = Result<(), ClientGone>>;

    /// Ready when nobody waits for an answer any more: the client has gone away, or its time is over.
    fn poll_absence(&mut self, deadline: Option<Instant>, context: &mut Context<'_>) -> Poll<Absence>;
}

/// Why nobody waits for an answer any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// The client went away: the app's request is to be cancelled.
    Gone,
    /// The time is over.
    TimeOver,
}

/// The client went away before it had its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the client went away")]
pub struct ClientGone;

/// The app behind the sidecar.
pub trait App {
    /// Begins to send a request; nothing happens before its exchange is asked.
    fn send(&self, head: RequestHead, body: Capped) -> impl Exchange;
}

/// A request under way to the app. Dropping it cancels the request.
pub trait Exchange {
    /// Sends on and waits for the next head: any number of hints, then the answer, after which nothing follows. The
    /// answer's body comes as the app sends it; what is left of the request's is sent meanwhile.
    ///
    /// # Errors
    /// Why there is no answer.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Said, AppError>>;

    /// The same, to wait for.
    ///
    /// # Errors
    /// Why there is no answer.
    fn next(&mut self) -> impl Future<Output = Result<Said, AppError>> {
        poll_fn(|context| self.poll_next(context))
    }
}

/// What an app said.
#[derive(Debug)]
pub enum Said {
    /// An interim answer: the answer follows. 100 and 101 are not among them.
    Hint(ResponseHead),
    /// The answer.
    Answer(ResponseHead, Body),
}

/// Why the app gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppError {
    /// No connection could be opened.
    #[error("no connection to the app: {0}")]
    Connect(String),
    /// It closed the connection, or answered with something that is no HTTP.
    #[error("the app broke its answer off: {0}")]
    Broken(String),
    /// The request's own body failed: nothing the app did.
    #[error("the request's body failed: {0}")]
    Request(super::body::BodyError),
}

impl AppError {
    /// It was asked on after its answer.
    pub(super) fn over() -> Self {
        Self::Broken("it has answered".to_owned())
    }
}
